// SPDX-License-Identifier: Apache-2.0
// States of expanded keys and values -> states of the rows that they are images of.
//
// A state whose appended rows are, feature by feature, constant matrices of the head times one row per token, or elements that all heads
// share, holds nothing that these rows do not: x(past ++ new) = f(past rows ++ new rows) for a function f of each token by itself. The rows become
// the states; what the graph reads is made from them again, and recognised as latent attention after that.
#include "dialects/dsc/Dsc.h"
#include "dialects/onnx/ExternalData.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "passes/Passes.h"
#include "passes/recognize/LinearImage.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc {
#define GEN_PASS_DEF_KEEPLATENTROWS
#include "passes/Passes.h.inc"

namespace {
using namespace recognize;

/// One row per token: what is kept.
struct Rows {
  Access access; ///< over batch, row and `feature`
  Expr feature;
  std::string name;
  Value fresh;    ///< [batch, new rows, features]
  Value complete; ///< with those of the past
};

/// A range of features of a state's rows.
struct Part {
  Expr index;    ///< the feature, from 0
  unsigned rows; ///< of the entry
  double factor;
  Value weight;  ///< [heads..., features of the part, features of the rows]; null for elements that all heads share
};

/// A growing state in an entry.
struct Cache {
  std::string name;
  int argument = -1; ///< -1: the entry starts it
  unsigned result = 0, axis = 0, feature = 0;
  Value update; ///< the new rows
  Indices at;   ///< of an element of `update`; 0 where the dimension is 1
  SmallVector<Expr> heads;
  SmallVector<Part> parts;
  std::string function; ///< equal texts: the same function of the rows
  std::string why;      ///< it stays as it is
};

struct Entry {
  explicit Entry(func::FuncOp func) : func(func), exit(cast<func::ReturnOp>(func.front().getTerminator())), trace(func.getContext()) {}
  func::FuncOp func;
  func::ReturnOp exit;
  ElementTrace trace;
  Expr batch, row; ///< of new rows; null until a cache has them
  std::vector<Rows> rows;
  std::vector<Cache> caches;

  Expr newUnit() { return trace.newIndex(constant(func.getContext(), 1)); }
};

constexpr llvm::StringLiteral alreadyRows = "it keeps one row per token";

/// What a constant holds, the same in every file of a model; empty for other tensors.
std::string contents(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant)
    return "";
  auto external = dyn_cast<onnx::ExternalAttr>(constant.getValue());
  if (!external)
    return llvm::formatv("{0}", constant.getValue().getAsOpaquePointer());
  if (!external.getDigest().empty())
    return external.getDigest().str();
  auto bytes = onnx::ExternalData::get(value.getContext()).resolve(external);
  if (bytes)
    return onnx::ExternalData::digest(*bytes);
  llvm::consumeError(bytes.takeError());
  return "";
}

/// Writes the rows of a cache as a function of rows that its heads share, or says why they are none.
class CacheProof {
public:
  CacheProof(Entry &entry, Cache &cache) : entry(entry), trace(entry.trace), cache(cache) {}

  void run() {
    SmallVector<Expr> dims = getDims(cache.update);
    if (!entry.row)
      entry.row = trace.newIndex(dims[cache.axis]);
    for (auto [i, dim] : llvm::enumerate(dims))
      cache.at.push_back(i == cache.axis ? entry.row : isConstant(dim, 1) ? constant(dim.getContext(), 0) : trace.newIndex(dim));
    cache.feature = dims.size() - 1;
    if (trace.extentOf(entry.row) != dims[cache.axis])
      return fail("it takes another number of rows than the other caches");
    if (cache.feature == cache.axis || !asConstant(dims.back()) || cache.at.back().getKind() != ExprKind::Index)
      return fail("its last dimension is not one of features");
    for (ElementTrace::Part &part : trace.split({cache.update, cache.at}, cache.at.back(), [](const Access &) { return false; })) {
      Found f{part, matchLinearImage(trace, part.access)};
      // A product with one matrix for all heads is a row itself.
      auto before = ArrayRef(cache.at).drop_back();
      if (f.image && llvm::none_of(before, [&](Expr e) { return e.getKind() == ExprKind::Index && f.image->weight.dependsOn(e); }))
        f.image.reset();
      found.push_back(std::move(f));
    }
    if (!findRoles() || cache.heads.empty()) {
      bool oneRow = llvm::all_of(llvm::seq<size_t>(1, dims.size() - 1), [&](size_t i) { return i == cache.axis || isConstant(dims[i], 1); });
      return fail(oneRow ? alreadyRows : "its rows are not constant matrices of the head times one row per token, nor the same for all heads");
    }
    OpBuilder b(cache.update.getContext());
    b.setInsertionPointAfterValue(cache.update);
    PrimBuilder build(b, cache.update.getLoc());
    for (const Found &f : found)
      if (!add(build, f))
        return fail("the rows that it is made from have a layout that cannot be written down");
  }

private:
  struct Found {
    ElementTrace::Part part;
    std::optional<LinearImage> image; ///< none: elements that all heads share
  };

  void fail(StringRef why) { cache.why = why.str(); }

  /// Heads are the indices on which weights depend and rows do not; the other one is the batch.
  bool findRoles() {
    Expr batch;
    for (auto [i, index] : llvm::enumerate(cache.at)) {
      bool inWeight = false, inRows = false;
      for (const Found &f : found) {
        inWeight |= f.image && f.image->weight.dependsOn(index);
        inRows |= f.image ? f.image->source.dependsOn(index) : f.part.access.dependsOn(index);
      }
      if (i == cache.axis && inWeight)
        return false;
      if (i == cache.axis || i == cache.feature || index.getKind() != ExprKind::Index)
        continue;
      if (inWeight ? inRows : inRows && batch)
        return false;
      if (inRows)
        batch = index;
      else
        cache.heads.push_back(index);
    }
    if (!entry.batch)
      entry.batch = batch ? batch : entry.newUnit();
    Expr one = constant(cache.update.getContext(), 1);
    if (trace.extentOf(entry.batch) != (batch ? trace.extentOf(batch) : one))
      return false;
    // The batch of all caches is one index.
    auto rename = [&](Access &access) { access = trace.substitute(access, batch, entry.batch); };
    if (batch)
      for (Found &f : found) {
        rename(f.part.whole);
        rename(f.part.access);
        if (f.image)
          rename(f.image->source);
      }
    for (Expr &e : cache.at)
      e = e == batch ? entry.batch : e;
    return true;
  }

  bool add(PrimBuilder &build, const Found &f) {
    Expr feature = f.image ? f.image->feature : f.part.index;
    auto number = findRows(build, f, feature);
    if (!number)
      return false;
    const Rows &rows = entry.rows[*number];
    // Of the rows as they are kept, which may stand between the origin and the cache.
    double factor = f.image ? f.image->factor : rows.access.factor;
    Part part{f.part.index, *number, factor, nullptr};
    std::string weightText = "shared";
    if (f.image) {
      SmallVector<Expr> order(cache.heads);
      order.append({f.part.index, feature});
      part.weight = trace.materialize(build, f.image->weight, order);
      if (!part.weight)
        return false;
      weightText = describe(f.image->weight, order);
    }
    cache.function += llvm::formatv("{0} {1} {2} {3}: {4}; ", toString(trace.extentOf(part.index)), toString(trace.extentOf(feature)), factor, rows.name,
                                    weightText);
    cache.parts.push_back(part);
    return true;
  }

  /// The number of the rows that `f` is made from: those of another cache, if they are the same.
  std::optional<unsigned> findRows(PrimBuilder &build, const Found &f, Expr feature) {
    Access access = f.image ? f.image->source : f.part.whole, origin = trace.trace(access);
    for (auto [i, known] : llvm::enumerate(entry.rows)) {
      Access mine = trace.substitute(origin, feature, known.feature), other = trace.trace(known.access);
      if (trace.extentOf(feature) == trace.extentOf(known.feature) && mine.tensor == other.tensor && mine.at == other.at)
        return i;
    }
    Rows rows{access, feature, cache.name + (f.image ? ".latent" : ".shared"), nullptr, nullptr};
    if (llvm::any_of(entry.rows, [&](const Rows &other) { return other.name == rows.name; }))
      rows.name += std::to_string(entry.rows.size());
    rows.fresh = trace.materializeNearOrigin(build, rows.access, {entry.batch, entry.row, feature});
    if (!rows.fresh)
      return std::nullopt;
    rows.fresh = build.convert(rows.fresh, elementType(cache.update));
    entry.rows.push_back(rows);
    return entry.rows.size() - 1;
  }

  /// A weight and where its elements stand, in a text that does not depend on the entry unless its contents are computed there.
  std::string describe(const Access &weight, ArrayRef<Expr> order) {
    std::string text = contents(weight.tensor);
    if (text.empty())
      text = llvm::formatv("{0} in {1}", weight.tensor.getAsOpaquePointer(), entry.func.getName());
    for (Expr at : weight.at)
      text += " " + toString(substitute(at, [&](Expr leaf) -> std::optional<Expr> {
                const Expr *it = llvm::find(order, leaf);
                return it == order.end() ? std::nullopt : std::optional(index(leaf.getContext(), it - order.begin()));
              }));
    return text;
  }

  Entry &entry;
  ElementTrace &trace;
  Cache &cache;
  std::vector<Found> found;
};

/// Puts the states of rows in place of those caches of an entry whose names are in `rewritten`.
class EntryRewrite {
public:
  EntryRewrite(Entry &entry, const llvm::StringSet<> &rewritten) : entry(entry), trace(entry.trace), rewritten(rewritten) {}

  void run() {
    llvm::BitVector arguments(entry.func.getNumArguments()), results(entry.exit.getNumOperands());
    SmallVector<Rows *> kept;
    for (Cache &cache : entry.caches) {
      if (!rewritten.contains(cache.name))
        continue;
      for (Part &part : cache.parts)
        if (Rows &rows = entry.rows[part.rows]; !rows.complete) {
          complete(rows, cache);
          kept.push_back(&rows);
        }
      if (cache.argument >= 0) {
        rebuild(cache);
        arguments.set(cache.argument);
      }
      results.set(cache.result);
    }
    entry.exit->eraseOperands(results);
    (void)entry.func.eraseResults(results);
    for (Rows *rows : kept) {
      (void)entry.func.insertResult(entry.func.getNumResults(), rows->complete.getType(), describe(*rows));
      entry.exit.getOperandsMutable().append(rows->complete);
    }
    // What wrote the old caches is dead now.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(entry.func.front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    arguments.resize(entry.func.getNumArguments());
    (void)entry.func.eraseArguments(arguments);
    // Rows were written down where the first cache is that needs them.
    sortTopologically(&entry.func.front());
  }

private:
  DictionaryAttr describe(const Rows &rows) {
    Builder b(entry.func.getContext());
    return b.getDictionaryAttr({b.getNamedAttr("dsc.state", b.getStringAttr(rows.name)), b.getNamedAttr("dsc.state_axis", b.getI64IntegerAttr(1))});
  }

  void complete(Rows &rows, const Cache &cache) {
    rows.complete = rows.fresh;
    if (cache.argument < 0)
      return;
    Value old = entry.func.getArgument(cache.argument);
    Expr past = getDims(old)[cache.axis];
    SmallVector<Expr> before = getDims(rows.fresh), after = before;
    before[1] = past;
    after[1] = past + after[1];
    Type element = elementType(rows.fresh);
    unsigned last = entry.func.getNumArguments();
    (void)entry.func.insertArgument(last, getTensorType(before, element), describe(rows), old.getLoc());
    OpBuilder b(entry.func.getContext());
    b.setInsertionPointAfterValue(rows.fresh);
    rows.complete = model::CacheAppendOp::create(b, cache.update.getLoc(), getTensorType(after, element), entry.func.getArgument(last), rows.fresh,
                                                 b.getI64IntegerAttr(1), past);
  }

  /// What the cache held, from the rows that are kept.
  void rebuild(Cache &cache) {
    Value old = entry.exit.getOperand(cache.result);
    OpBuilder b(entry.func.getContext());
    b.setInsertionPointAfterValue(old);
    PrimBuilder build(b, old.getLoc());
    Expr row = trace.newIndex(getDims(old)[cache.axis]);
    SmallVector<Value> parts;
    for (Part &part : cache.parts) {
      Access access{entry.rows[part.rows].complete, {entry.batch, row, part.index}};
      if (part.weight) {
        Value weight = build.convert(part.weight, elementType(old));
        access = {build.dot(access.tensor, weight, {}, {}, {2}, {rank(weight) - 1}), {entry.batch, row}};
        llvm::append_range(access.at, cache.heads);
        access.at.push_back(part.index);
      }
      Indices layout;
      for (auto [i, index] : llvm::enumerate(cache.at))
        layout.push_back(i == cache.axis                           ? row
                         : i == cache.feature                      ? part.index
                         : index.getKind() == ExprKind::Index      ? index
                                                                   : entry.newUnit());
      // The batch of size one has an index of its own, which no dimension needs.
      if (!llvm::is_contained(layout, entry.batch))
        access.at[0] = build.size(0);
      Value value = trace.materialize(build, access, layout);
      assert(value && "indices of their own are affine");
      if (part.factor != 1)
        value = build.binary(BinaryKind::Mul, value, build.splat(part.factor, getDims(value), elementType(value)));
      parts.push_back(value);
    }
    Value made = parts.size() == 1 ? parts[0] : build.concat(parts, cache.feature);
    old.replaceUsesWithIf(made, [&](OpOperand &use) { return use.getOwner() != entry.exit; });
  }

  Entry &entry;
  ElementTrace &trace;
  const llvm::StringSet<> &rewritten;
};

struct KeepLatentRows : impl::KeepLatentRowsBase<KeepLatentRows> {
  using Base::Base;

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        read(entries.emplace_back(func));
    refuseDifferent();
    llvm::StringSet<> rewritten;
    for (Entry &entry : entries)
      for (Cache &cache : entry.caches)
        if (refused.contains(cache.name))
          remark(cache);
        else
          rewritten.insert(cache.name);
    if (!pays(rewritten))
      return;
    numRewritten += rewritten.size();
    for (Entry &entry : entries)
      EntryRewrite(entry, rewritten).run();
  }

  void read(Entry &entry) {
    llvm::StringMap<unsigned> arguments;
    for (unsigned i = 0; i < entry.func.getNumArguments(); ++i)
      if (auto state = entry.func.getArgAttrOfType<StringAttr>(i, "dsc.state"))
        arguments[state.getValue()] = i;
    for (unsigned i = 0; i < entry.exit.getNumOperands(); ++i) {
      auto state = entry.func.getResultAttrOfType<StringAttr>(i, "dsc.state");
      auto axis = entry.func.getResultAttrOfType<IntegerAttr>(i, "dsc.state_axis");
      if (!state || !axis)
        continue;
      Cache cache;
      cache.name = state.str();
      cache.result = i;
      cache.axis = axis.getInt();
      cache.update = entry.exit.getOperand(i);
      if (auto argument = arguments.find(cache.name); argument != arguments.end()) {
        cache.argument = argument->second;
        cache.update = cast<model::CacheAppendOp>(cache.update.getDefiningOp()).getUpdate();
        if (!entry.func.getArgument(cache.argument).hasOneUse())
          cache.why = "more than the new rows' append reads it";
      }
      if (cache.why.empty())
        CacheProof(entry, cache).run();
      entry.caches.push_back(std::move(cache));
    }
  }

  /// A cache is rewritten in all entries or in none: rows that one of them has written, every other one reads.
  void refuseDifferent() {
    llvm::StringMap<std::string> functions;
    for (Entry &entry : entries)
      for (Cache &cache : entry.caches) {
        auto [known, isNew] = functions.try_emplace(cache.name, cache.function);
        if (cache.why.empty() && !isNew && known->second != cache.function)
          cache.why = "another entry makes it from other rows, or with other weights";
        if (!cache.why.empty())
          refused.insert(cache.name);
      }
  }

  void remark(const Cache &cache) {
    // Rows without heads are what it is about.
    if (!cache.why.empty() && cache.why != alreadyRows)
      emitRemark(cache.update.getLoc()) << "state '" << cache.name << "' keeps its form: " << cache.why;
  }

  /// Whether the rows have fewer features than what is made from them.
  bool pays(const llvm::StringSet<> &rewritten) {
    for (Entry &entry : entries) {
      Expr before = constant(&getContext(), 0), after = before;
      llvm::SmallBitVector counted(entry.rows.size());
      for (Cache &cache : entry.caches) {
        if (!rewritten.contains(cache.name))
          continue;
        before = before + product(&getContext(), getDims(cache.update));
        for (Part &part : cache.parts)
          if (!counted.test(part.rows)) {
            counted.set(part.rows);
            after = after + product(&getContext(), getDims(entry.rows[part.rows].fresh));
          }
      }
      if (!provablyNonNegative(before - after))
        return false;
    }
    return !rewritten.empty();
  }

  std::vector<Entry> entries;
  llvm::StringSet<> refused;
};

} // namespace
} // namespace dsc
