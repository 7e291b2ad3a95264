// SPDX-License-Identifier: Apache-2.0
// Constant tensors of every element type, in every place where a file may keep them.
#include "compiler/import/TensorImport.h"
#include "dialects/onnx/TensorBytes.h"
#include "tests/unit/import/ImportCase.h"

using namespace dsc::test;
using ::onnx::TensorProto;

/// The value of the initializer w of a model that adds it.
static mlir::TypedAttr importWeight(ImportCase &test, const TensorProto &tensor) {
  ::onnx::ModelProto model = ImportCase::makeModelWithWeight({});
  *model.mutable_graph()->mutable_initializer(0) = tensor;
  model.mutable_graph()->mutable_initializer(0)->set_name("w");
  test.import(model);
  mlir::TypedAttr value;
  if (test.module)
    test.module->walk([&](dsc::onnx::ConstantOp op) { value = op.getValue(); });
  return value;
}

static TensorProto makeTensor(int32_t type, std::vector<int64_t> dims) {
  TensorProto tensor;
  tensor.set_data_type(type);
  for (int64_t dim : dims)
    tensor.add_dims(dim);
  return tensor;
}

static std::string text(mlir::Attribute attribute) {
  std::string out;
  llvm::raw_string_ostream(out) << attribute;
  return out;
}

TEST(Tensors, BytesComeBackForEveryType) {
  for (int type = TensorProto::FLOAT; type <= TensorProto::FLOAT6E3M2; ++type) {
    if (type == TensorProto::STRING)
      continue;
    SCOPED_TRACE(dsc::getElementTypeName(type));
    for (int64_t count : {0, 1, 5, 3000}) {
      ImportCase test;
      mlir::Type element = dsc::getElementType(&test.context, type);
      ASSERT_TRUE(element);
      int64_t size = *dsc::onnx::getByteSize(mlir::RankedTensorType::get({count}, element));
      TensorProto tensor = makeTensor(type, {count});
      std::string raw(size, 0);
      // Values that are in range for all types, a bool among them, and no bits beyond the last element.
      for (int64_t i = 0; i < size; ++i)
        raw[i] = char(i % 2);
      unsigned bits = dsc::onnx::getStorageBits(element);
      if (size && count * bits % 8)
        raw.back() = 0;
      tensor.set_raw_data(raw);
      mlir::TypedAttr value = importWeight(test, tensor);
      ASSERT_TRUE(value) << test.messages;
      EXPECT_EQ(llvm::isa<dsc::onnx::ExternalAttr>(value), size > dsc::onnx::kInlineBytes);
      std::vector<char> storage;
      auto bytes = dsc::onnx::getBytes(value, storage);
      ASSERT_TRUE(bool(bytes));
      EXPECT_EQ(std::string(bytes->data(), bytes->size()), raw);
    }
  }
}

TEST(Tensors, SmallElementsArePackedFromTheLowBits) {
  ImportCase test;
  TensorProto tensor = makeTensor(TensorProto::INT4, {3});
  tensor.set_raw_data(std::string("\x81\x07", 2));
  EXPECT_EQ(text(importWeight(test, tensor)), "dense<[1, -8, 7]> : tensor<3xi4>");
  ImportCase typed;
  tensor = makeTensor(TensorProto::UINT4, {3});
  tensor.add_int32_data(0x81);
  tensor.add_int32_data(0x0f);
  EXPECT_EQ(text(importWeight(typed, tensor)), "dense<[1, 8, 15]> : tensor<3xui4>");
  ImportCase two;
  tensor = makeTensor(TensorProto::INT2, {4});
  tensor.add_int32_data(0b11100100);
  EXPECT_EQ(text(importWeight(two, tensor)), "dense<[0, 1, -2, -1]> : tensor<4xi2>");
  // The six-bit stream of onnx-ml.proto: x0 | x1 << 6, x1 >> 2 | x2 << 4, x2 >> 4 | x3 << 2.
  ImportCase six;
  tensor = makeTensor(TensorProto::FLOAT6E2M3, {5});
  for (int value : {0x3f, 0x01, 0x20, 0x15, 0x2a})
    tensor.add_int32_data(value);
  std::vector<char> storage;
  mlir::TypedAttr value = importWeight(six, tensor);
  ASSERT_TRUE(value) << six.messages;
  auto bytes = dsc::onnx::getBytes(value, storage);
  ASSERT_TRUE(bool(bytes));
  EXPECT_EQ(std::string(bytes->data(), bytes->size()), std::string("\x7f\x00\x56\x2a", 4));
}

TEST(Tensors, TypedFields) {
  ImportCase half, boolean, wide, big;
  TensorProto tensor = makeTensor(TensorProto::FLOAT16, {2});
  tensor.add_int32_data(0x3c00);
  tensor.add_int32_data(0xc000);
  EXPECT_EQ(text(importWeight(half, tensor)), "dense<[1.000000e+00, -2.000000e+00]> : tensor<2xf16>");
  tensor = makeTensor(TensorProto::BOOL, {3});
  for (int value : {1, 0, 1})
    tensor.add_int32_data(value);
  EXPECT_EQ(text(importWeight(boolean, tensor)), "dense<[true, false, true]> : tensor<3xi1>");
  tensor = makeTensor(TensorProto::UINT32, {1});
  tensor.add_uint64_data(4000000000);
  EXPECT_EQ(text(importWeight(wide, tensor)), "dense<4000000000> : tensor<1xui32>");
  tensor = makeTensor(TensorProto::FLOAT, {1000});
  for (int i = 0; i < 1000; ++i)
    tensor.add_float_data(i);
  auto external = llvm::dyn_cast_or_null<dsc::onnx::ExternalAttr>(importWeight(big, tensor));
  ASSERT_TRUE(external) << big.messages;
  EXPECT_EQ(external.getFile(), "memory:" + external.getDigest().str());
}

TEST(Tensors, LargeRawDataStaysInTheFile) {
  ImportCase test;
  TensorProto tensor = makeTensor(TensorProto::FLOAT, {512});
  tensor.set_raw_data(std::string(2048, 'r'));
  auto external = llvm::dyn_cast_or_null<dsc::onnx::ExternalAttr>(importWeight(test, tensor));
  ASSERT_TRUE(external) << test.messages;
  EXPECT_EQ(external.getFile(), (test.folder / "model.onnx").string());
  EXPECT_GT(external.getOffset(), 0);
}

TEST(Tensors, Refused) {
  struct Case {
    TensorProto tensor;
    const char *message;
  };
  auto withData = [](TensorProto tensor, size_t bytes) {
    tensor.set_raw_data(std::string(bytes, 0));
    return tensor;
  };
  TensorProto typed = makeTensor(TensorProto::INT64, {2});
  typed.add_int64_data(1);
  TensorProto wrongField = makeTensor(TensorProto::FLOAT, {1});
  wrongField.add_int64_data(1);
  TensorProto segment = withData(makeTensor(TensorProto::FLOAT, {1}), 4);
  segment.mutable_segment()->set_begin(0);
  const Case cases[] = {
      {makeTensor(TensorProto::STRING, {1}), "initializer 'w': tensors of strings are not supported"},
      {makeTensor(TensorProto::UNDEFINED, {1}), "UNDEFINED is not supported"},
      {makeTensor(99, {1}), "element type 99 is not supported"},
      {makeTensor(TensorProto::FLOAT, {-1}), "dimension -1 is negative"},
      {makeTensor(TensorProto::FLOAT, {int64_t(1) << 40, int64_t(1) << 40}), "the shape has too many elements"},
      {makeTensor(TensorProto::FLOAT, {0, int64_t(1) << 40, int64_t(1) << 40}), "the shape has too many elements"},
      {makeTensor(TensorProto::FLOAT, {int64_t(1) << 40}), "there are 0 bytes of data, the shape needs 4398046511104"},
      {withData(makeTensor(TensorProto::FLOAT, {4}), 12), "there are 12 bytes of data, the shape needs 16"},
      {withData(makeTensor(TensorProto::FLOAT, {4}), 4000), "there are 4000 bytes of data, the shape needs 16"},
      {typed, "there are 8 bytes of data, the shape needs 16"},
      {wrongField, "there are 0 bytes of data, the shape needs 4"},
      {segment, "tensors in segments are not supported"},
  };
  for (const Case &c : cases) {
    ImportCase test;
    importWeight(test, c.tensor);
    EXPECT_REFUSED(test, c.message);
  }
}

TEST(Tensors, RawDataTwice) {
  ::onnx::ModelProto model = ImportCase::makeModelWithWeight({512});
  ::onnx::TensorProto *tensor = model.mutable_graph()->mutable_initializer(0);
  tensor->set_raw_data(std::string(2048, 'a'));
  // Merging messages is concatenating their bytes.
  std::string bytes = model.SerializeAsString(), raw = tensor->SerializeAsString();
  size_t at = bytes.find(std::string(2048, 'a'));
  ASSERT_NE(at, std::string::npos);
  ::onnx::ModelProto twice = model;
  twice.mutable_graph()->mutable_initializer(0)->mutable_unknown_fields()->assign(
      std::string("\x4a\x80\x10", 3) + std::string(2048, 'b'));
  ImportCase test;
  test.import(twice);
  EXPECT_REFUSED(test, "has raw_data twice");
}

TEST(Tensors, SparseInitializer) {
  ::onnx::ModelProto model = ImportCase::makeModel();
  ImportCase::addNode(model.mutable_graph(), "Abs", {"x"}, {"y"});
  model.mutable_graph()->add_sparse_initializer()->mutable_values()->set_name("s");
  ImportCase test;
  test.import(model);
  EXPECT_REFUSED(test, "initializer 's' is sparse, which is not supported");
}
