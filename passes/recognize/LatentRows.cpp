// SPDX-License-Identifier: Apache-2.0
#include "passes/recognize/LatentRows.h"

using namespace mlir;
using namespace dsc::prim;

namespace dsc::recognize {

static std::string describe(Operation *op) {
  if (!op)
    return "an input of the graph";
  std::string name = op->getName().getStringRef().str();
  if (auto binary = dyn_cast<BinaryOp>(op))
    name += " " + stringifyBinaryKind(binary.getKind()).str();
  if (auto unary = dyn_cast<UnaryOp>(op))
    name += " " + stringifyUnaryKind(unary.getKind()).str();
  return name;
}

bool LatentRows::prove() {
  if (!m.e || m.terms.size() > 2)
    return false;
  Access values = trace.trace(m.values);
  auto image = matchLinearImage(trace, values);
  if (!image)
    return missValues(values);
  value = *image;
  if (!assignRoles() || !expands(value, h, m.e))
    return false;
  readKeys([&](const Access &access) { return !access.dependsOn(h); });
  return checkKeys();
}

void LatentRows::readKeys(llvm::function_ref<bool(const Access &)> isWhole) {
  for (SoftmaxAttention::Term &term : m.terms)
    for (ElementTrace::Part &part : trace.split(term.key, term.feature, isWhole))
      keys.push_back({&term, part, matchLinearImage(trace, part.access)});
}

bool LatentRows::missed(Operation *where, Remark remark, const Twine &expected, const Twine &found) {
  miss.emplace(Miss{remark, where ? where->getLoc() : m.dot.getLoc(), expected.str(), found.str()});
  return false;
}

/// The row is narrower than what all heads make of it, so that keeping the row pays: multi-head attention is not a candidate.
bool LatentRows::expands(const LinearImage &image, Expr head, Expr width) const {
  return provablyNonNegative(trace.extentOf(head) * trace.extentOf(width) - trace.extentOf(image.feature) - 1);
}

/// Values are no image of a row. That is worth a remark when keys are.
bool LatentRows::missValues(const Access &values) {
  readKeys([](const Access &) { return false; });
  for (const KeyPart &key : keys)
    for (Expr head : m.outer)
      if (key.image && key.image->weight.dependsOn(head) && !key.image->source.dependsOn(head) && expands(*key.image, head, key.part.index))
        return missed(values.def(), Remark::LatentValues, "a constant matrix of the head times the rows of which the keys are an image",
                      describe(values.def()));
  return false;
}

/// Which indices are heads, batch and query. False, without a miss, when this is no candidate.
bool LatentRows::assignRoles() {
  for (Expr i : m.outer) {
    bool inSource = value.source.dependsOn(i), inWeight = value.weight.dependsOn(i);
    if (inSource && inWeight)
      return false;
    Expr &role = inSource ? b : inWeight ? h : s;
    if (role)
      return false;
    role = i;
  }
  if (!h) // one head: nothing is shared
    return false;
  Expr one = constant(h.getContext(), 1);
  hasQuery = bool(s);
  for (Expr *role : {&b, &s})
    if (!*role)
      *role = trace.newIndex(one);
  return true;
}

bool LatentRows::checkKeys() {
  for (KeyPart &key : keys) {
    const Access &access = key.part.access;
    if (key.image && key.image->weight.dependsOn(h)) {
      if (nope)
        return missed(access.def(), Remark::LatentKeys, "one range of features that depends on the head", "two");
      Access source = trace.substitute(key.image->source, key.image->feature, value.feature);
      if (source.tensor != value.source.tensor || source.at != value.source.at)
        return missed(source.def(), Remark::LatentKeys, "the rows that the values are an image of", describe(source.def()) + " for the keys");
      nope = &key;
    } else if (access.dependsOn(h)) {
      return missed(access.def(), Remark::LatentKeys, "constant matrices of the head times the latent row, or elements that all heads share",
                  describe(access.def()) + ", which depends on the head");
    } else {
      if (rope)
        return missed(access.def(), Remark::LatentKeys, "one range of features that all heads share", "two");
      rope = &key;
    }
  }
  if (!nope)
    return missed(m.terms[0].dot, Remark::LatentKeys, "a range of features that is an image of the latent row", "none");
  return true;
}

} // namespace dsc::recognize
