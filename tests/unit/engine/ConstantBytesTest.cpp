// SPDX-License-Identifier: Apache-2.0
// The bytes that the engine gets of joined constants, against those of one constant with the same
// elements.
#include "compiler/engine/ConstantBytes.h"
#include "compiler/engine/WeightsSection.h"
#include "compiler/reference/Interpreter.h"
#include "dialects/dsc/Dsc.h"
#include "llvm/Support/FileSystem.h"
#include <gtest/gtest.h>
#include <numeric>

using namespace dsc;
using mlir::DenseElementsAttr, mlir::RankedTensorType, mlir::TypedAttr;

namespace {

struct Cut {
  std::vector<int64_t> shape; // of the whole
  int64_t axis;
  std::vector<int64_t> sizes; // of the parts along it; empty: one stacked part for each index
};

class ConstantBytes : public testing::Test {
protected:
  ConstantBytes() { context.loadDialect<model::DscDialect, plan::PlanDialect>(); }

  DenseElementsAttr dense(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int16_t> values) {
    return DenseElementsAttr::get(
        RankedTensorType::get(shape, mlir::IntegerType::get(&context, 16)), values);
  }

  TypedAttr whole(const Cut &cut) {
    std::vector<int16_t> values(size(cut.shape));
    std::iota(values.begin(), values.end(), 1);
    return dense(cut.shape, values);
  }

  /// The same elements, cut into parts here, element by element.
  TypedAttr joined(const Cut &cut) {
    int64_t inner = size(llvm::ArrayRef(cut.shape).drop_front(cut.axis + 1)),
            outer = size(llvm::ArrayRef(cut.shape).take_front(cut.axis));
    std::vector<int64_t> sizes =
        cut.sizes.empty() ? std::vector<int64_t>(cut.shape[cut.axis], 1) : cut.sizes;
    llvm::SmallVector<mlir::Attribute> parts;
    int64_t begin = 0;
    for (int64_t count : sizes) {
      std::vector<int16_t> values;
      for (int64_t o = 0; o < outer; ++o)
        for (int64_t n = begin; n < begin + count; ++n)
          for (int64_t i = 0; i < inner; ++i)
            values.push_back(1 + (o * cut.shape[cut.axis] + n) * inner + i);
      llvm::SmallVector<int64_t> shape(cut.shape.begin(), cut.shape.end());
      shape[cut.axis] = count;
      if (cut.sizes.empty())
        shape.erase(shape.begin() + cut.axis);
      parts.push_back(dense(shape, values));
      begin += count;
    }
    auto type = RankedTensorType::get(cut.shape, mlir::IntegerType::get(&context, 16));
    return mlir::cast<TypedAttr>(model::JoinedAttr::get(&context, parts, cut.axis, type));
  }

  static int64_t size(llvm::ArrayRef<int64_t> shape) {
    return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  }

  std::vector<char> bytesOf(TypedAttr value) {
    std::vector<char> bytes;
    EXPECT_FALSE(bool(streamBytes(value, collect(bytes))));
    return bytes;
  }

  std::vector<char> panelsOf(TypedAttr value, plan::PanelsAttr panels) {
    std::vector<char> bytes;
    EXPECT_FALSE(bool(streamPanels(value, mlir::cast<RankedTensorType>(value.getType()), panels,
                                   collect(bytes))));
    return bytes;
  }

  std::function<llvm::Error(llvm::ArrayRef<char>)> collect(std::vector<char> &bytes) {
    return [this, &bytes](llvm::ArrayRef<char> piece) {
      llvm::append_range(bytes, piece);
      longest = std::max(longest, piece.size());
      return llvm::Error::success();
    };
  }

  mlir::MLIRContext context;
  size_t longest = 0; // piece
};

const Cut cuts[] = {
    {{6, 10}, 1, {4, 6}}, {{6, 10}, 1, {1, 8, 1}},   {{6, 10}, 0, {2, 4}},
    {{6, 10}, 1, {10}},   {{3, 4, 5}, 1, {3, 1}},    {{3, 4, 5}, 0, {}},
    {{3, 4, 5}, 1, {}},   {{3, 4, 5}, 2, {2, 2, 1}}, {{0, 10}, 1, {4, 6}},
    {{6, 4}, 1, {0, 4}},
};

TEST_F(ConstantBytes, OfJoinedPartsAreThoseOfTheWhole) {
  for (const Cut &cut : cuts) {
    std::string error;
    auto evaluated = reference::constantTensor(joined(cut), error);
    ASSERT_TRUE(mlir::succeeded(evaluated)) << error;
    EXPECT_EQ(llvm::ArrayRef<char>(bytesOf(joined(cut))),
              llvm::ArrayRef<char>(bytesOf(whole(cut))));
    EXPECT_EQ(evaluated->bytes(), llvm::ArrayRef<char>(bytesOf(whole(cut))));
  }
}

TEST_F(ConstantBytes, InPanelsAreThoseOfTheWhole) {
  for (const Cut &cut : cuts)
    for (int64_t columns = 0, rank = cut.shape.size(); columns < rank; ++columns)
      for (int64_t contracted = 0; contracted < rank; ++contracted)
        for (auto [width, group] : {std::pair<int64_t, int64_t>{4, 1}, {3, 2}, {16, 2}}) {
          if (columns == contracted)
            continue;
          auto panels = plan::PanelsAttr::get(&context, columns, {contracted}, width, group);
          EXPECT_EQ(panelsOf(joined(cut), panels), panelsOf(whole(cut), panels))
              << "axis " << cut.axis << " columns " << columns << " contracted " << contracted
              << " width " << width;
        }
}

TEST_F(ConstantBytes, StreamsPanelsOfColumns) {
  Cut cut{{64, 96}, 1, {40, 56}};
  auto panels = plan::PanelsAttr::get(&context, 1, {0}, 16, 1);
  EXPECT_EQ(panelsOf(joined(cut), panels), panelsOf(whole(cut), panels));
  EXPECT_EQ(longest, size_t(64 * 16 * 2)); // one panel
}

TEST_F(ConstantBytes, EqualBytesStandOnceInTheFile) {
  llvm::SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("weights", "bin", path));
  auto file = OutputFile::create(path);
  ASSERT_TRUE(bool(file));
  WeightsSection section(**file);
  Cut cut{{6, 10}, 1, {4, 6}};
  auto panels = plan::PanelsAttr::get(&context, 1, {0}, 16, 1);
  auto type = mlir::cast<RankedTensorType>(whole(cut).getType());
  std::vector<uint32_t> numbers;
  for (TypedAttr value : {joined(cut), whole(cut), joined({{6, 10}, 1, {2, 8}})}) {
    auto plain = section.add(value, "w"), packed = section.addPanels(value, "w", type, panels);
    ASSERT_TRUE(plain && packed);
    numbers.insert(numbers.end(), {*plain, *packed});
  }
  for (size_t i = 2; i < numbers.size(); ++i)
    EXPECT_EQ(section.getWeights()[numbers[i]].offset, section.getWeights()[numbers[i % 2]].offset)
        << i;
  EXPECT_EQ(section.bytes(), 128u + 6 * 16 * 2);
  llvm::sys::fs::remove(path);
}

} // namespace
