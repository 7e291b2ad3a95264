// SPDX-License-Identifier: Apache-2.0
// The experts of a token and their weights: a work item is a token. Scores lie in the lanes. What
// is chosen from are integers in the order of the candidates, so that a choice is a maximum of
// lanes; what has been chosen becomes less than all of them.
#include "compiler/targets/cpu/KernelRoot.h"
#include "compiler/targets/cpu/Schedule.h"
#include "compiler/targets/cpu/Scratch.h"
#include "dialects/dsc/RouterScore.h"

using namespace mlir;
using namespace dsc::prim;
using dsc::model::GroupFill;
using dsc::model::GroupScore;
using dsc::model::ScoreKind;

namespace dsc::cpu {

namespace {

/// Elementwise functions of registers.
struct ScoreCode {
  KernelCode &code;
  Type type;
  Value number(double value) {
    return code.real(registerType(type), FloatAttr::get(type, value).getValueAsDouble());
  }
  Value unary(UnaryKind kind, Value x) { return emitUnary(code, kind, x, type); }
  Value binary(BinaryKind kind, Value x, Value y) { return emitBinary(code, kind, x, y, type); }
  Value compare(CompareKind kind, Value x, Value y) { return emitCompare(code, kind, x, y, type); }
  Value select(Value condition, Value x, Value y) { return code.select(condition, x, y); }
};

/// The code for one token, with scratch for a row of experts.
class TokenRouter {
public:
  TokenRouter(KernelCode &code, model::RouteOp op)
      : code(code), op(op), type(prim::elementType(op.getLogits())), held(registerType(type)),
        integer(code.b.getIntegerType(held.getIntOrFloatBitWidth())), build{code, type},
        ofCandidates(!op.getBias() && op.getGroups() == 1) {
    unsigned width = integer.getIntOrFloatBitWidth();
    lowest = code.integer(integer, llvm::APInt::getSignedMinValue(width));
    highest = code.integer(integer, llvm::APInt::getSignedMaxValue(width));
    // Lanes behind the last element are written.
    scores = Scratch(code, held, op.getExperts() + 16);
    keys = Scratch(code, integer, op.getExperts() + 16);
    groups = Scratch(code, integer, op.getGroups() + 16);
    weights = Scratch(code, held, op.getK() + 16);
  }

  void emit(Expr token) {
    scoreExperts(token);
    if (op.getGroups() > 1)
      keepGroups();
    chooseExperts(token);
    weigh(token);
  }

private:
  using Lane = llvm::function_ref<void(Expr lane, Value first, unsigned lanes)>;

  /// Calls `body` for lanes of [0, count); behind the last one code.mask ends.
  void overRow(int64_t count, Lane body) {
    over(count, {}, [&](Expr lane, Value first, unsigned lanes, Values) {
      body(lane, first, lanes);
      return Values();
    });
  }
  Values over(int64_t count, Values carried,
              llvm::function_ref<Values(Expr, Value, unsigned, Values)> body) {
    Expr extent = code.constant(count);
    unsigned width = KernelCode::laneCount(extent), lanes = width > 1 ? width : 0;
    for (Value &v : carried)
      v = code.splat(v, lanes);
    return code.overLanes(extent, width, carried, [&](Expr lane, Values before) {
      return body(lane, code.firstLane(lane), lanes, before);
    });
  }

  // ---- Rows of scores ----

  Value reduce(const Scratch &row, int64_t count, ReduceKind kind) {
    Value start = identity(code, kind, type);
    auto combine = [&](Value x, Value y) { return emitCombine(code, kind, x, y, type); };
    Values total = over(count, {start}, [&](Expr, Value first, unsigned lanes, Values before) {
      Value v = row.read(first, lanes);
      return Values{combine(before[0], code.mask ? code.select(code.mask, v, start) : v)};
    });
    return roundTo(code, code.combineLanes(total[0], combine), type);
  }

  void mapRow(const Scratch &row, int64_t count, llvm::function_ref<Value(Value)> function) {
    overRow(count, [&](Expr, Value first, unsigned lanes) {
      row.write(first, function(row.read(first, lanes)));
    });
  }

  void softmax(const Scratch &row, int64_t count) {
    Value top = reduce(row, count, ReduceKind::Max);
    mapRow(row, count, [&](Value x) {
      return build.unary(UnaryKind::Exp, build.binary(BinaryKind::Sub, x, top));
    });
    Value sum = reduce(row, count, ReduceKind::Sum);
    mapRow(row, count, [&](Value x) { return build.binary(BinaryKind::Div, x, sum); });
  }

  /// `scores` and the keys of the candidates.
  void scoreExperts(Expr token) {
    bool inRow = op.getScore() == ScoreKind::Softmax;
    if (inRow) {
      overRow(op.getExperts(), [&](Expr expert, Value first, unsigned lanes) {
        scores.write(first, code.splat(code.element(op.getLogits(), {token, expert}), lanes));
      });
      softmax(scores, op.getExperts());
    }
    overRow(op.getExperts(), [&](Expr expert, Value first, unsigned lanes) {
      Value score = inRow ? scores.read(first, lanes)
                          : model::routerScore(build, op.getScore(),
                                               code.element(op.getLogits(), {token, expert}));
      Value candidate = score;
      if (op.getBias())
        candidate = build.binary(BinaryKind::Add, score, code.element(op.getBias(), {expert}));
      if (!inRow && !ofCandidates)
        scores.write(first, code.splat(score, lanes));
      keys.write(first, code.splat(keyOf(candidate), lanes));
    });
  }

  // ---- Choices ----

  /// Integers that are ordered as the values are, the magnitude with its sign: -0 is 0, NaN the
  /// largest. `lowest` is none.
  Value keyOf(Value x) {
    return code.select(code.isNaN(x), highest, swapped(code.bitcast(x, integer)));
  }
  Value valueOf(Value key) { return code.bitcast(swapped(key), held); }
  Value swapped(Value bits) {
    return code.select(code.less(bits, code.zero(integer)), code.sub(lowest, bits), bits);
  }

  struct Choice {
    Value key, place; ///< place: of the type of keys
  };
  /// The first of the largest of `count` keys from `first` on, without the one at `except`.
  Choice choose(const Scratch &from, Value first, int64_t count, Value except = nullptr) {
    auto smaller = [&](Value x, Value y) { return code.binary<arith::MinSIOp>(x, y); };
    auto larger = [&](Value x, Value y) { return code.binary<arith::MaxSIOp>(x, y); };
    Values best =
        over(count, {lowest, highest}, [&](Expr lane, Value at, unsigned lanes, Values before) {
          Value key = from.read(code.add(first, at), lanes), place = narrow(code.emit(lane));
          if (code.mask)
            key = code.select(code.mask, key, lowest);
          if (except)
            key = code.select(code.equal(place, except), lowest, key);
          Value better = code.less(before[0], key);
          return Values{code.select(better, key, before[0]), code.select(better, place, before[1])};
        });
    Value top = code.combineLanes(best[0], larger);
    Value place = code.select(code.equal(best[0], top), best[1], highest);
    return {top, code.combineLanes(place, smaller)};
  }
  Value narrow(Value place) {
    return integer.isInteger(64) ? place : code.cast<arith::TruncIOp>(place, integer);
  }
  Value wide(Value place) {
    return integer.isInteger(64) ? place : code.cast<arith::ExtSIOp>(place, code.b.getI64Type());
  }

  void keepGroups() {
    int64_t size = op.getExperts() / op.getGroups();
    Expr count = code.constant(op.getGroups());
    auto firstOf = [&](Expr group) { return code.emit(group * size); };
    code.overIndex(count, [&](Expr group) {
      Choice best = choose(keys, firstOf(group), size);
      Value key = best.key;
      if (op.getGroupScore() == GroupScore::Top2Sum) {
        Value next = choose(keys, firstOf(group), size, best.place).key;
        key = keyOf(build.binary(BinaryKind::Add, valueOf(key), valueOf(next)));
      }
      groups.write(code.emit(group), key);
    });
    code.overIndex(code.constant(op.getGroupsKept()), [&](Expr) {
      groups.write(wide(choose(groups, code.i64(0), op.getGroups()).place), lowest);
    });
    Value zero = code.zero(held), infinity = code.real(held, -INFINITY);
    Value fill = keyOf(op.getFill() == GroupFill::Zero ? zero : infinity);
    code.overIndex(count, [&](Expr group) {
      Value dropped = code.logicalNot(code.equal(groups.read(code.emit(group), 0), lowest));
      overRow(size, [&](Expr, Value first, unsigned lanes) {
        Value at = code.add(firstOf(group), first), here = code.splat(dropped, lanes);
        if (code.mask)
          here = code.bitAnd(here, code.mask);
        keys.write(at, code.select(here, fill, keys.read(at, lanes)));
      });
    });
  }

  void chooseExperts(Expr token) {
    bool bySelection = ofCandidates || op.getSource() == model::WeightSource::Selection;
    code.overIndex(code.constant(op.getK()), [&](Expr slot) {
      Choice best = choose(keys, code.i64(0), op.getExperts());
      Value expert = wide(best.place);
      keys.write(expert, lowest);
      weights.write(code.emit(slot), bySelection ? valueOf(best.key) : scores.read(expert, 0));
      code.store(code.outputBuffer(1), {token, slot}, expert);
    });
  }

  void weigh(Expr token) {
    int64_t k = op.getK();
    if (op.getScore() == ScoreKind::SoftmaxOfChosen)
      softmax(weights, k);
    Value sum;
    if (auto epsilon = op.getRenormalise()) {
      sum = reduce(weights, k, ReduceKind::Sum);
      if (!epsilon->isZero())
        sum = build.binary(BinaryKind::Add, sum, build.number(epsilon->convertToDouble()));
    }
    overRow(k, [&](Expr slot, Value first, unsigned lanes) {
      Value weight = weights.read(first, lanes);
      if (sum)
        weight = build.binary(BinaryKind::Div, weight, sum);
      if (!op.getScale().isExactlyValue(1))
        weight =
            build.binary(BinaryKind::Mul, weight, build.number(op.getScale().convertToDouble()));
      code.store(code.outputBuffer(0), {token, slot}, weight);
    });
  }

  KernelCode &code;
  model::RouteOp op;
  Type type, held;
  IntegerType integer;
  ScoreCode build;
  bool ofCandidates; ///< candidates are the scores
  Value lowest, highest;
  Scratch scores, keys, groups, weights;
};

class RouteRoot : public KernelRoot {
public:
  RouteRoot(plan::KernelOp kernel, model::RouteOp op) : KernelRoot(kernel), op(op) {}

  Expr grid() const override { return tokens()[0]; }

  void emit(KernelCode &code) const override {
    auto k = code.kernel;
    if (ValueRange(k.getYielded()) != ValueRange(op->getResults())) {
      (void)code.fail(op, "a kernel of route gives the weights and the experts");
      return;
    }
    TokenRouter router(code, op);
    emitItems(code, [&](Value item) { router.emit(emitDelinearize(code, item, tokens())[0]); });
  }

private:
  llvm::SmallVector<Expr> tokens() const { return {getDims(op.getLogits())[0]}; }

  mutable model::RouteOp op;
};

} // namespace

std::unique_ptr<KernelRoot> makeRouteRoot(plan::KernelOp kernel, model::RouteOp op) {
  return std::make_unique<RouteRoot>(kernel, op);
}

} // namespace dsc::cpu
