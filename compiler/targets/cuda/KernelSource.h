// SPDX-License-Identifier: Apache-2.0
// Pull-based generation of CUDA C++: the value of one element of a tensor at given positions is the text that computes it from its
// operands' elements, down to loads of the kernel's inputs. Positions are expressions; an index stands for a variable of the source.
//
// Registers hold f16, bf16 and f32 as float, f64 as double, integers in their own width, i1 as bool and narrow types as the byte that
// stands for them. In memory a 16-bit float is an unsigned short, i1 and narrow types an unsigned char.
#ifndef DSC_COMPILER_TARGETS_CUDA_KERNELSOURCE_H
#define DSC_COMPILER_TARGETS_CUDA_KERNELSOURCE_H

#include "compiler/targets/common/IndexMap.h"
#include "compiler/targets/cuda/SourceText.h"
#include "dialects/dsc/Dsc.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace dsc::cuda {

using namespace target;

/// Threads that evaluate a reduction together: a warp or a block. Everything in `scope` and around it is the same for all of them.
struct ThreadGroup {
  unsigned threads = 0;
  std::string lane; // number of the thread in its group
  Scope *scope = nullptr, *guard = nullptr;
};

class KernelSource : public SourceText {
public:
  KernelSource(plan::KernelOp kernel);

  // ---- Positions ----
  /// A new index with values in [0, extent); unbound until `bind`.
  Expr newIndex(Expr extent);
  /// `leaf` is the C++ variable `name`, of the current scope unless it is known: an int where the extent is a constant below 2^31,
  /// else a long long.
  void bind(Expr leaf, llvm::StringRef name);
  /// A new index that is the variable `name`.
  Expr boundIndex(Expr extent, llvm::StringRef name);
  /// A C++ expression without operators: a variable or a literal.
  std::string emit(Expr e);
  /// A C++ condition.
  std::string emitTruth(Expr condition);
  /// "int" where all values are below 2^31 in size, else "long long".
  llvm::StringRef indexType(Expr e) { return isSmall(e) ? "int" : "long long"; }
  Expr constant(int64_t value) { return prim::constant(kernel.getContext(), value); }
  llvm::ArrayRef<Expr> extents() const { return ranges; }
  Expr simplified(Expr e) { return prim::simplify(e, ranges); }

  // ---- Loops ----
  /// for (i = 0; i < extent; ++i): calls `body` with the index; an extent of 1 makes no loop.
  void overIndex(Expr extent, llvm::function_ref<void(Expr)> body);
  /// for (i = first; i < extent; i += step), `first` and `step` C++ expressions.
  void overIndex(Expr extent, const llvm::Twine &first, const llvm::Twine &step, llvm::function_ref<void(Expr)> body);
  /// Neighbours of a thread where `threads` share `dims`: a vector of 16 bytes at most that divides the last dimension and leaves no
  /// thread idle. Where some vector gives all threads the same few rounds it is the widest such one: loops of the group that walk the
  /// dimensions alike are then unrolled, and vectors that the first has loaded stay in registers for the second.
  static unsigned sharedWidth(llvm::ArrayRef<Expr> dims, unsigned bytes, unsigned threads);
  /// An unrolled loop over `width` neighbours. In it, loads and stores of neighbours in memory, aligned to the vector, are done at once,
  /// in front of and behind the loop.
  void overLanes(unsigned width, llvm::function_ref<void(Expr)> body);

  // ---- Elements ----
  /// Name of a variable that holds the element.
  std::string element(mlir::Value tensor, llvm::ArrayRef<Expr> at);
  /// Makes `name` what `element` answers from now on, while the current scope is open.
  void pin(mlir::Value tensor, llvm::ArrayRef<Expr> at, llvm::StringRef name);
  std::string load(unsigned buffer, llvm::ArrayRef<Expr> at);
  void store(unsigned buffer, llvm::ArrayRef<Expr> at, llvm::StringRef value);
  /// The loaded index, checked against [0, size): out of range sets the fault and gives 0. `valid` becomes a condition where even 0
  /// may not exist; conditions of several indices are joined.
  Expr checkedIndex(mlir::Value tensor, llvm::ArrayRef<Expr> at, Expr size, std::string &valid);
  /// `body` where `condition` holds, `otherwise` elsewhere; the value of that one which ran.
  std::string choose(llvm::StringRef condition, mlir::Type type, llvm::function_ref<std::string()> body,
                     llvm::function_ref<std::string()> otherwise);
  /// What memory holds between here and there stays in order: loads are neither moved nor remembered.
  void inOrder(llvm::function_ref<void()> body);
  /// Makes threads of `group` share the work of reductions whose result is the same for all of them.
  void setGroup(ThreadGroup g) { group = std::move(g); }
  /// What a value is combined to over all threads of the group: every thread gets it, and every time the same. `combine(x, y)` gives the
  /// text of the combination of the names `x` and `y`, one text for each of `values`.
  std::vector<std::string>
  combineThreads(llvm::ArrayRef<std::string> values, llvm::ArrayRef<std::string> types, llvm::StringRef hint,
                 llvm::function_ref<std::vector<std::string>(llvm::ArrayRef<std::string>, llvm::ArrayRef<std::string>)> combine);

  unsigned outputBuffer(unsigned output) { return kernel.getNumInputs() + output; }
  /// Whether the kernel writes to it.
  bool changes(unsigned buffer) {
    return buffer >= kernel.getNumInputs() || llvm::is_contained(kernel.getAliases(), int64_t(buffer));
  }
  mlir::Type elementTypeOf(unsigned buffer) { return mlir::getElementTypeOrSelf(bufferType(kernel, buffer)); }
  /// Name of the pointer parameter, "in0" or "out0".
  llvm::StringRef bufferName(unsigned buffer) const { return buffers[buffer]; }

  // ---- The source ----
  /// Makes a piece of the prelude (compiler/targets/cuda/prelude) part of the source.
  void prelude(llvm::StringRef piece) { pieces.insert(piece); }
  /// Text in front of the kernel: an array of constants, a function. Equal texts stand there once.
  void global(const std::string &text);
  /// The whole source, for blocks of `threads` threads.
  std::string finish(unsigned threads);
  /// Reports that there is no code for `op`, once.
  void fail(mlir::Operation *op, const llvm::Twine &message);

  plan::KernelOp kernel;
  bool failed = false;
  /// ptxas may give a thread what one block of a multiprocessor leaves it; else it spills some to fit more blocks.
  bool manyRegisters = false;

private:
  using Key = llvm::SmallVector<const void *, 6>;
  /// A C++ expression of integers: its text, whether it needs no parentheses, and where its variables are known.
  struct IndexText {
    std::string text;
    bool atom, isInt;
    Scope *scope;
  };
  Key key(mlir::Value tensor, llvm::ArrayRef<Expr> at);
  bool isSmall(Expr e) { return magnitude(e).has_value(); }
  std::optional<int64_t> magnitude(Expr e);
  IndexText indexText(Expr e);
  IndexText indexOperand(Expr e);
  IndexText sumText(Expr e);
  IndexText productText(Expr e);
  IndexText quotientText(Expr e);
  std::string comparison(Expr difference);
  /// Where a load at an address of these leaves stands.
  Scope *homeOf(Expr e);
  bool isUniform(llvm::ArrayRef<Expr> at);
  bool alwaysInside(mlir::Value tensor, llvm::ArrayRef<Expr> at);
  std::string elementUncached(mlir::Value tensor, llvm::ArrayRef<Expr> at);
  std::string constantElement(prim::ConstantOp op, llvm::ArrayRef<Expr> at);
  std::string exprsElement(prim::ExprsOp op, llvm::ArrayRef<Expr> at);
  std::string concatElement(prim::ConcatOp op, llvm::ArrayRef<Expr> at);
  std::string insideElement(mlir::Value inner, Indices at, mlir::Type type, llvm::function_ref<std::string()> outer);
  std::string takeElement(mlir::Value operand, llvm::ArrayRef<Expr> before, mlir::Value indices, llvm::ArrayRef<Expr> position,
                          llvm::ArrayRef<Expr> after, int64_t axis);
  std::string gatherElement(prim::GatherNdOp op, llvm::ArrayRef<Expr> at);
  std::string reduceElement(prim::ReduceOp op, llvm::ArrayRef<Expr> at);
  std::string argReduceElement(prim::ArgReduceOp op, llvm::ArrayRef<Expr> at);
  std::string dotElement(prim::DotOp op, llvm::ArrayRef<Expr> at);
  std::string normElement(model::RmsNormOp op, llvm::ArrayRef<Expr> at);
  std::string normElement(model::LayerNormOp op, llvm::ArrayRef<Expr> at);
  /// The sum over x's row of what `term` makes of its elements, or of its squares.
  std::string sumOverRow(mlir::Value x, llvm::ArrayRef<Expr> row, llvm::function_ref<std::string(const std::string &)> term, bool squared);
  /// What `compute` gives, once for each row that is asked for.
  std::string ofRow(mlir::Operation *op, unsigned number, llvm::ArrayRef<Expr> row, llvm::function_ref<std::string()> compute);
  /// Runs `body(together)` as far out as `at` allows: for the whole group at once where `at` is the same for it.
  std::string hoisted(mlir::Value result, llvm::ArrayRef<Expr> at, llvm::function_ref<std::string(bool together)> body);
  /// Loops over `dims`, by the threads of the group together or by one; `body` gets the position.
  void overReduced(llvm::ArrayRef<Expr> dims, bool together, mlir::Type type, llvm::function_ref<void(llvm::ArrayRef<Expr>)> body);
  std::optional<std::string> loadVector(unsigned buffer, Expr offset);
  bool storeVector(unsigned buffer, Expr offset, llvm::StringRef value);
  /// An array for a vector that is loaded in `home`, and whether an earlier loop has filled it.
  std::pair<std::string, bool> vectorArray(unsigned buffer, Expr base, Scope *home);
  /// The offset of lane 0 where lanes are neighbours and lane 0 is aligned; else null.
  Expr vectorBase(Expr offset);

  llvm::SmallVector<Expr> ranges;
  llvm::DenseMap<Expr, std::string> leaves;
  llvm::DenseMap<Expr, int64_t> largest; // of loaded indices
  llvm::DenseMap<Expr, std::string> expressions;
  std::map<Key, std::string> known;
  std::map<std::pair<unsigned, Key>, std::string> rows;
  struct Checked {
    Expr index;
    std::string inRange;
  };
  std::map<Key, Checked> checked;
  llvm::DenseMap<mlir::Operation *, std::string> arrays;
  std::vector<std::string> buffers, globals;
  llvm::SetVector<llvm::StringRef> pieces;
  ThreadGroup group;
  /// The loop of lanes that is open, and what it wants written when it ends.
  struct Lanes {
    Expr index;
    unsigned width = 0;
    Scope *scope = nullptr;
    std::vector<std::string> after;
  };
  Lanes lanes;
  /// The unrolled loop of the group that is open: its index, and the variable that counts its rounds.
  struct Rounds {
    Expr index;
    Scope *scope = nullptr;
    std::string round;
    int64_t count = 0;
  };
  Rounds rounds;
  /// Vectors of all rounds of a loop, in registers: the array, and the loop that fills it.
  struct Kept {
    std::string array;
    Scope *home, *loop;
  };
  std::map<std::tuple<unsigned, unsigned, int64_t, const void *>, Kept> kept;
  bool ordered = false;
  unsigned symbols = 0;
};

} // namespace dsc::cuda

#endif
