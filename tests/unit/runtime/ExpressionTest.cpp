// SPDX-License-Identifier: Apache-2.0
// Integer expressions, seen through an entry that writes two of them to its output.
#include "TestEngine.h"

#include <functional>

using namespace dsc::test;

namespace {

// Runs an entry with input v: i64[4], whose elements are the symbols a, b, c, d, and gives what
// `make` computes from them.
struct Result {
  dsc_status status;
  int64_t value;
  std::string message;
};

Result evaluate(std::vector<int64_t> v,
                std::function<uint32_t(EntryWriter &, std::vector<uint32_t>)> make) {
  auto manifest = newManifest();
  EntryWriter e(*manifest, "main");
  uint32_t n = e.symbol(SymbolSource::InputDim, 0, 0), two = e.constant(2), one = e.constant(1);
  std::vector<uint32_t> elements;
  for (uint32_t i = 0; i < 4; ++i)
    elements.push_back(e.symbol(SymbolSource::InputElement, 0, i));
  uint32_t value = make(e, elements);
  e.input("v", DType::I64, {n});
  e.output("out", DType::I64, {two});
  uint32_t out = e.buffer(BufferKind::Output, 0, e.constant(16));
  e.launch("sizes2", {out}, {value, value}, one, "the node");
  e.finish();
  Opened opened(assemble(sectionsOf(*manifest)));
  if (opened.status)
    return {opened.status, 0, opened.error.message};
  TestSession s(opened.engine, 1);
  dsc_status status = s.run("main", {tensor(v, {static_cast<int64_t>(v.size())})});
  return {status, status ? 0 : s.output<int64_t>()[0], s.error.message};
}

Result binary(ExprOp op, int64_t a, int64_t b) {
  return evaluate({a, b, 0, 0},
                  [op](EntryWriter &e, std::vector<uint32_t> v) { return e.op(op, v[0], v[1]); });
}

TEST(ExpressionTest, Arithmetic) {
  EXPECT_EQ(binary(ExprOp::Add, 2, -5).value, -3);
  EXPECT_EQ(binary(ExprOp::Mul, -3, 7).value, -21);
  EXPECT_EQ(binary(ExprOp::Min, -3, 7).value, -3);
  EXPECT_EQ(binary(ExprOp::Max, -3, 7).value, 7);
  EXPECT_EQ(binary(ExprOp::NonNegative, 0, 0).value, 1);
  EXPECT_EQ(binary(ExprOp::NonNegative, -1, 0).value, 0);
  EXPECT_EQ(binary(ExprOp::IsZero, 0, 0).value, 1);
  EXPECT_EQ(binary(ExprOp::IsZero, 4, 0).value, 0);
}

TEST(ExpressionTest, DivisionRoundsDown) {
  const int64_t cases[][4] = {{7, 2, 3, 1},   {-7, 2, -4, 1}, {7, -2, -4, -1}, {-7, -2, 3, -1},
                              {6, -3, -2, 0}, {0, 5, 0, 0},   {5, -1, -5, 0}};
  for (auto &c : cases) {
    EXPECT_EQ(binary(ExprOp::FloorDiv, c[0], c[1]).value, c[2]) << c[0] << "/" << c[1];
    EXPECT_EQ(binary(ExprOp::Mod, c[0], c[1]).value, c[3]) << c[0] << "%" << c[1];
  }
  EXPECT_EQ(binary(ExprOp::Mod, INT64_MIN, -1).value, 0);
}

TEST(ExpressionTest, OverflowIsAnError) {
  for (Result r : {binary(ExprOp::Add, INT64_MAX, 1), binary(ExprOp::Add, INT64_MIN, -1),
                   binary(ExprOp::Mul, INT64_MAX, 2), binary(ExprOp::Mul, INT64_MIN, -1),
                   binary(ExprOp::FloorDiv, INT64_MIN, -1)}) {
    EXPECT_EQ(r.status, DSC_INVALID_ARGUMENT);
    EXPECT_EQ(r.message,
              "entry 'main', step 0 (the node), size: the computation overflows 64 bits");
  }
  EXPECT_EQ(binary(ExprOp::Add, INT64_MAX, 0).value, INT64_MAX);
}

TEST(ExpressionTest, DivisionByZeroIsAnError) {
  for (Result r : {binary(ExprOp::FloorDiv, 1, 0), binary(ExprOp::Mod, 1, 0)}) {
    EXPECT_EQ(r.status, DSC_INVALID_ARGUMENT);
    EXPECT_EQ(r.message, "entry 'main', step 0 (the node), size: division by zero");
  }
}

TEST(ExpressionTest, SelectIgnoresTheOtherOperand) {
  auto guarded = [](EntryWriter &e, std::vector<uint32_t> v) {
    return e.op(ExprOp::Select, v[1], e.op(ExprOp::FloorDiv, v[0], v[1]), v[2]);
  };
  EXPECT_EQ(evaluate({12, 4, 9, 0}, guarded).value, 3);
  EXPECT_EQ(evaluate({12, 0, 9, 0}, guarded).value, 9);
}

TEST(ExpressionTest, MissingElementIsNamed) {
  Result r = evaluate({1, 2}, [](EntryWriter &, std::vector<uint32_t> v) { return v[3]; });
  EXPECT_EQ(r.status, DSC_INVALID_ARGUMENT);
  EXPECT_EQ(r.message, "entry 'main', step 0 (the node), size: input 'v' has no element 3");
  EXPECT_EQ(evaluate({1, 2}, [](EntryWriter &, std::vector<uint32_t> v) { return v[1]; }).value, 2);
}

TEST(ExpressionTest, ChecksNameBothValues) {
  auto make = [](EntryWriter &e, std::vector<uint32_t> v) {
    e.check(v[0], v[1], "the first two must agree");
    return v[0];
  };
  EXPECT_EQ(evaluate({3, 3, 0, 0}, make).value, 3);
  EXPECT_EQ(evaluate({3, 4, 0, 0}, make).message,
            "entry 'main': the first two must agree: 3, expected 4");
}

TEST(ExpressionTest, AbsurdSizesAreRefusedBeforeAllocation) {
  auto sized = [](int64_t bytes) {
    return evaluate({bytes, 0, 0, 0}, [](EntryWriter &e, std::vector<uint32_t> v) {
      e.slot(v[0]);
      return v[0];
    });
  };
  EXPECT_EQ(sized(64).value, 64);
  EXPECT_EQ(sized(-1).message, "entry 'main': slot 0 would have -1 bytes");
  EXPECT_EQ(sized(INT64_MAX).status, DSC_OUT_OF_MEMORY);
  EXPECT_EQ(
      sized(INT64_MAX).message,
      "entry 'main': slot 0 of 9223372036854775807 bytes is beyond the memory of this machine");
}

TEST(ExpressionTest, BuffersStayInsideTheirMemory) {
  auto touching = [](int64_t bytes) {
    return evaluate({bytes, 0, 0, 0}, [](EntryWriter &e, std::vector<uint32_t> v) {
      e.buffer(BufferKind::Slot, e.slot(e.constant(100)), v[0]);
      return v[0];
    });
  };
  EXPECT_EQ(touching(100).status, DSC_OK);
  EXPECT_EQ(touching(101).status, DSC_CORRUPT);
  EXPECT_EQ(touching(101).message,
            "entry 'main': kernels would touch 101 bytes of buffer 0, which has 100");
  EXPECT_EQ(touching(-1).status, DSC_CORRUPT);
}

} // namespace
