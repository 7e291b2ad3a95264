// SPDX-License-Identifier: Apache-2.0
// 32 lanes with their registers, program counters and knowledge of other warps.
#pragma once

#include "tools/ptxsim/core/Fault.h"
#include "tools/ptxsim/core/Inst.h"
#include "tools/ptxsim/core/Knowledge.h"

#include <bit>
#include <memory>
#include <optional>
#include <vector>

namespace ptxsim {

struct Access;
struct AsyncCopies;
struct Block;

/// Lanes that stand at the same instruction with the same callers.
struct Group {
  enum State : uint8_t { Ready, AtWarpSync, AtBlockBarrier };
  uint32_t pc = 0;
  uint32_t lanes = 0;
  State state = Ready;
  uint32_t awaited = 0;        ///< lanes that the collective needs
  std::vector<uint32_t> stack; ///< where calls return to
};

struct Warp {
  Warp(Block &block, unsigned index, uint32_t lanes);
  ~Warp();
  Warp(Warp &&) noexcept;

  /// Executes up to `budget` instructions; returns how many. Stops when it must wait.
  uint64_t run(uint64_t budget);
  bool finished() const { return (existing & ~exited) == 0; }
  uint32_t live() const { return existing & ~exited; }
  bool canRun() const;
  /// Lets these lanes, which wait at the block's barrier, go on.
  void leaveBarrier(uint32_t lanes);
  /// "lanes 0-15 at PTX line 40 (bar.sync)" for each group.
  std::string whereabouts() const;

  template <class T> const T *source(Slot s) const {
    return reinterpret_cast<const T *>(s.offset >= 0 ? registers + s.offset
                                                     : constants + ~s.offset);
  }
  template <class T> T *result(Slot s) { return reinterpret_cast<T *>(registers + s.offset); }
  uint32_t predicate(Slot s) const { return *source<uint32_t>(s); }

  // Data races.
  bool ordered(const Access &access, uint32_t staleBefore, uint32_t lane) const;
  void fence(bool acquire, bool release);
  void syncLanes(uint32_t lanes);

  char *registers = nullptr;
  const char *constants = nullptr;
  uint32_t *valid = nullptr; ///< by Slot::use: lanes whose register holds a value
  Block &block;
  unsigned index;      ///< in the block
  uint32_t number = 0; ///< in the launch
  uint32_t existing, exited = 0;
  uint32_t pc = 0;     ///< of the instruction that runs now
  uint32_t poison = 0; ///< lanes to which the handler gave no defined value
  bool yielded = false;
  std::vector<Group> groups;

  uint32_t clock = 1;
  uint32_t allSynced = 1; ///< own accesses before this clock are ordered for every lane
  Knowledge known;
  std::unique_ptr<std::array<std::array<uint32_t, 32>, 32>> laneSeen; ///< after partial syncs
  std::optional<Knowledge> fenced;                ///< what the last fence published
  std::shared_ptr<const Knowledge::Map> observed; ///< seen by relaxed reads, until a fence

  std::vector<uint8_t> local, localState;
  std::unique_ptr<AsyncCopies> copies;

private:
  size_t pick();
  size_t mergeAt(size_t group);
  bool step(size_t group);
  void uninitialised(const Inst &inst, uint32_t lanes);
  void splitOff(size_t group, uint32_t lanes);
  void branch(size_t group, uint32_t taken, uint32_t target);
  bool collective(size_t group, const Inst &inst, uint32_t lanes);
  bool warpBarrier(size_t group, const Inst &inst, uint32_t lanes);
  bool blockBarrier(size_t group, const Inst &inst, uint32_t lanes);
  void exitLanes(size_t group, uint32_t lanes);
  [[noreturn]] void stuck();

  std::vector<char> storage;
  std::vector<uint32_t> validStorage;
  uint64_t turn = 0; ///< instructions since another group ran
};

inline unsigned firstLane(uint32_t lanes) { return static_cast<unsigned>(std::countr_zero(lanes)); }
/// "0-3,8"
std::string laneList(uint32_t lanes);

} // namespace ptxsim
