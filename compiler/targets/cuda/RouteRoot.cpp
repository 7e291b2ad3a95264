// SPDX-License-Identifier: Apache-2.0
// The experts of a token and their weights: a warp a token, all of it in registers (prelude/route).
#include "compiler/targets/cuda/Arithmetic.h"
#include "compiler/targets/cuda/KernelRoot.h"
#include "dialects/dsc/RouterScore.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dsc::prim;
using llvm::formatv;
using llvm::Twine;
using dsc::model::ScoreKind;

namespace dsc::cuda {

namespace {

double roundedTo(Type type, double value) { return FloatAttr::get(type, value).getValueAsDouble(); }

/// Elementwise functions as statements of the current scope.
struct ScoreText {
  KernelSource &s;
  Type type;
  std::string define(llvm::StringRef hint, const std::string &text) {
    return s.define(s.current, registerType(type), hint, text);
  }
  std::string number(double value) { return literal(type, roundedTo(type, value)); }
  std::string unary(UnaryKind kind, const std::string &x) {
    return define(stringifyUnaryKind(kind), unaryText(s, kind, x, type));
  }
  std::string binary(BinaryKind kind, const std::string &x, const std::string &y) {
    return define(stringifyBinaryKind(kind), binaryText(s, kind, x, y, type));
  }
  std::string compare(CompareKind kind, const std::string &x, const std::string &y) {
    return s.define(s.current, "bool", stringifyCompareKind(kind), compareText(kind, x, y));
  }
  std::string select(const std::string &condition, const std::string &x, const std::string &y) {
    return define("selected", condition + " ? " + x + " : " + y);
  }
};

class RouteRoot : public KernelRoot {
public:
  RouteRoot(plan::KernelOp kernel, model::RouteOp op)
      : KernelRoot(kernel), op(op), type(prim::elementType(op.getLogits())),
        tokens(getDims(op.getLogits())[0]) {}

  LaunchShape launch() const override {
    return {ceilDiv(tokens, constant(threads / 32)), unsigned(threads)};
  }

  void emit(KernelSource &s) const override {
    auto k = s.kernel;
    if (ValueRange(k.getYielded()) != ValueRange(op->getResults()))
      return s.fail(op, "a kernel of route gives the weights and the experts");
    s.prelude("route");
    s.global(routerText(s));
    Expr token = s.newIndex(tokens);
    llvm::StringRef index = s.indexType(token);
    s.line(Twine("// A warp a token."));
    s.bind(
        token,
        s.define(s.current, index, "token",
                 formatv("({0})blockIdx.x * {1} + threadIdx.x / 32", index, threads / 32).str()));
    s.line("if (" + Twine(s.emit(token)) + " >= " + s.emit(tokens) + ") return;");
    std::string value = registerType(type).str();
    Expr experts = constant(op.getExperts());
    function(s, "logit = [&](int expert) -> " + value, {"expert"},
             [&] { return s.element(op.getLogits(), {token, s.boundIndex(experts, "expert")}); });
    function(s, "score = [&](" + value + " x) -> " + value, {"x"}, [&] {
      return model::routerScore(ScoreText{s, type}, op.getScore(), std::string("x"));
    });
    function(s, "candidate = [&](" + value + " score, int expert) -> " + value, {"score", "expert"},
             [&] {
               if (!op.getBias())
                 return std::string("score");
               std::string bias = s.element(op.getBias(), {s.boundIndex(experts, "expert")});
               return ScoreText{s, type}.binary(BinaryKind::Add, "score", bias);
             });
    function(s, "write = [&](int place, " + value + " weight, int expert)",
             {"place", "weight", "expert"}, [&] {
               Indices at{token, s.boundIndex(constant(op.getK()), "place")};
               s.store(s.outputBuffer(0), at, "weight");
               s.store(s.outputBuffer(1), at, "expert");
               return std::string();
             });
    s.line("routeToken<Router>(logit, score, candidate, write);");
  }

private:
  static constexpr int64_t threads = 128;

  /// auto HEAD { `body` }; with a value to return, or none.
  static void function(KernelSource &s, const Twine &head, llvm::ArrayRef<llvm::StringRef> names,
                       llvm::function_ref<std::string()> body) {
    s.open("auto " + head, /*conditional=*/true);
    for (llvm::StringRef name : names)
      s.own(name);
    std::string result = body();
    if (!result.empty())
      s.line("return " + Twine(result) + ";");
    s.close();
    s.line(";");
  }

  /// What routeToken knows at compile time.
  std::string routerText(KernelSource &s) const {
    bool bySelection =
        (!op.getBias() && op.getGroups() == 1) || op.getSource() == model::WeightSource::Selection;
    auto epsilon = op.getRenormalise();
    auto is = [](bool value) { return value ? "true" : "false"; };
    return formatv(
        R"(struct Router {
  typedef {0} Value;
  static constexpr int experts = {1}, groups = {2}, kept = {3}, chosen = {4};
  static constexpr bool softmax = {5}, softmaxOfChosen = {6}, top2Sum = {7}, fillZero = {8};
  static constexpr bool bySelection = {9}, renormalise = {10};
  static constexpr Value epsilon = {11}, scale = {12};
  static __device__ Value round(Value x) {{ return {13}; }
};)",
        registerType(type), op.getExperts(), op.getGroups(), op.getGroupsKept(), op.getK(),
        is(op.getScore() == ScoreKind::Softmax), is(op.getScore() == ScoreKind::SoftmaxOfChosen),
        is(op.getGroupScore() == model::GroupScore::Top2Sum),
        is(op.getFill() == model::GroupFill::Zero), is(bySelection), is(epsilon.has_value()),
        literal(type, roundedTo(type, epsilon ? epsilon->convertToDouble() : 0)),
        literal(type, roundedTo(type, op.getScale().convertToDouble())), roundTo(s, "x", type));
  }

  mutable model::RouteOp op;
  Type type;
  Expr tokens;
};

} // namespace

std::unique_ptr<KernelRoot> makeRouteRoot(plan::KernelOp kernel, model::RouteOp op) {
  return std::make_unique<RouteRoot>(kernel, op);
}

} // namespace dsc::cuda
