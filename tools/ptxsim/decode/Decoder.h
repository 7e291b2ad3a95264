// SPDX-License-Identifier: Apache-2.0
// Turns the functions a kernel can reach into one Image.
#pragma once

#include "tools/ptxsim/core/Inst.h"
#include "tools/ptxsim/ptx/PtxError.h"

#include <functional>
#include <initializer_list>
#include <unordered_map>

namespace ptxsim {

/// Device addresses of a module's variables, known once it is loaded.
using Addresses = std::unordered_map<const Variable *, uint64_t>;

/// Limits that decoding checks; see CUDA's device attributes.
constexpr uint32_t maxStaticShared = 48 * 1024;

/// What an operand's address means: a space and an offset, constant or in a register.
struct AddressOperand {
  Slot base;        ///< register with the address, or a constant 0
  bool wide = true; ///< the base has 64 bits
  uint64_t offset = 0;
  Space space = Space::Generic; ///< of the symbol, Generic when the base is a register
  bool kernelParameter = false;
};

class Decoder {
public:
  Decoder(const Module &module, const Addresses &addresses, const Function &entry);
  /// Throws PtxError: unknown instructions, unresolved names, recursion.
  Image run();

  // ---- for the instruction families: the instruction at hand
  // -------------------------------------
  const Instruction &in() const { return *instruction; }
  /// Consumes the suffix if the instruction has it.
  bool has(std::string_view suffix);
  /// Index of the suffix that the instruction has, consumed; -1 when it has none.
  int hasOneOf(std::initializer_list<std::string_view> suffixes);
  /// The next suffix that names a type, consumed.
  Type type();
  bool hasType() const;
  [[noreturn]] void fail(const std::string &what) const;
  [[noreturn]] void unknown() const;
  /// Operands [0, count) must be there, no others.
  void expectOperands(size_t count) const;
  size_t operandCount() const { return instruction->operands.size(); }
  const Operand &operand(size_t index) const { return instruction->operands.at(index); }

  /// Lanes of a value of this type; immediates become constants. A register of another width is
  /// refused, unless `anyWidth`.
  Slot source(const Operand &operand, Type type, bool anyWidth = false);
  Slot source(size_t index, Type type, bool anyWidth = false) {
    return source(operand(index), type, anyWidth);
  }
  Slot result(const Operand &operand, Type type, bool anyWidth = false);
  Slot result(size_t index, Type type, bool anyWidth = false) {
    return result(operand(index), type, anyWidth);
  }
  /// True when the operand is a register of 64 bits.
  bool isWide(const Operand &operand) const;
  Type registerType(const Operand &operand) const;
  Slot constant32(uint32_t value);
  Slot constant64(uint64_t value);
  Slot constantPredicate(bool value);
  Slot scratch();
  Slot specialSlot(Special which);
  AddressOperand address(const Operand &operand);
  /// Offset of a .local or .param variable in a thread's local memory.
  uint32_t localOffset(const Variable *variable);

  /// Adds the instruction; checks that every suffix was consumed.
  Inst &emit(Inst inst);
  /// Adds an instruction that PTX has no text for.
  Inst &emitPlain(Inst inst);
  void operandsBeyond(Inst &inst, const std::vector<Slot> &sources,
                      const std::vector<Slot> &results);
  Slot guard();
  Image &image() { return result_; }
  const Module &module() const { return module_; }
  const Function &function() const { return *function_; }
  void branchTo(std::string_view label);
  void branchTable(const Operand &label, std::vector<uint32_t> *table);
  uint32_t callee(std::string_view name);
  const Function *findFunction(std::string_view name) const;
  uint64_t symbolAddress(const Operand &operand) const;

private:
  void layout();
  void reach(const Function &function);
  void decodeFunction(const Function &function);
  void decodeInstruction();
  std::string text() const;
  Slot registerSlot(const Function &function, unsigned index);

  const Module &module_;
  const Addresses &addresses;
  const Function &entry;
  const Function *function_ = nullptr;
  const Instruction *instruction = nullptr;
  uint64_t consumed = 0; ///< suffixes, by bit
  Image result_;
  std::vector<const Function *> reached, onPath;
  std::map<const Function *, uint32_t> starts;
  std::map<const Function *, std::vector<Slot>> registers;
  std::unordered_map<const Variable *, uint64_t> locals, shareds, parameters;
  std::map<std::pair<unsigned, uint64_t>, Slot> constants;
  struct Fixup {
    uint32_t inst;
    const Function *function;
    const Instruction *instruction;
    std::string_view label;
    std::vector<uint32_t> *table;
  };
  std::vector<Fixup> fixups;
  std::vector<std::pair<uint32_t, const Function *>> calls;
  std::vector<std::pair<Special, Slot>> specials;
  std::map<const Function *, std::vector<uint32_t>> positions; ///< instruction -> code index
};

/// Decodes the instruction at hand if its opcode belongs to the family.
using Family = bool (*)(Decoder &);
bool decodeInteger(Decoder &);
bool decodeBits(Decoder &);
bool decodeFloat(Decoder &);
bool decodeHalf(Decoder &);
bool decodeApproximate(Decoder &);
bool decodeCompare(Decoder &);
bool decodeConvert(Decoder &);
bool decodeMove(Decoder &);
bool decodeControl(Decoder &);
bool decodeBarrier(Decoder &);
bool decodeCollective(Decoder &);
bool decodeLoadStore(Decoder &);
bool decodeAtomic(Decoder &);
bool decodeAsyncCopy(Decoder &);
bool decodeMatrix(Decoder &);
bool decodeMma(Decoder &);

} // namespace ptxsim
