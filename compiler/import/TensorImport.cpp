// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/TensorImport.h"
#include "compiler/import/ModelFile.h"
#include "dialects/onnx/TensorBytes.h"
#include "llvm/Support/MathExtras.h"
#include <bit>

using namespace mlir;
using namespace dsc;
using ::onnx::TensorProto;

static_assert(std::endian::native == std::endian::little, "bytes of weights are used as they lie in the file");

// ---- Element types ---------------------------------------------------------------------------------

Type dsc::getElementType(MLIRContext *context, int32_t dataType) {
  Builder b(context);
  auto unsignedType = [&](unsigned bits) { return IntegerType::get(context, bits, IntegerType::Unsigned); };
  switch (dataType) {
  case TensorProto::FLOAT:
    return b.getF32Type();
  case TensorProto::UINT8:
    return unsignedType(8);
  case TensorProto::INT8:
    return b.getI8Type();
  case TensorProto::UINT16:
    return unsignedType(16);
  case TensorProto::INT16:
    return b.getI16Type();
  case TensorProto::INT32:
    return b.getI32Type();
  case TensorProto::INT64:
    return b.getI64Type();
  case TensorProto::BOOL:
    return b.getI1Type();
  case TensorProto::FLOAT16:
    return b.getF16Type();
  case TensorProto::DOUBLE:
    return b.getF64Type();
  case TensorProto::UINT32:
    return unsignedType(32);
  case TensorProto::UINT64:
    return unsignedType(64);
  case TensorProto::COMPLEX64:
    return ComplexType::get(b.getF32Type());
  case TensorProto::COMPLEX128:
    return ComplexType::get(b.getF64Type());
  case TensorProto::BFLOAT16:
    return b.getBF16Type();
  case TensorProto::FLOAT8E4M3FN:
    return Float8E4M3FNType::get(context);
  case TensorProto::FLOAT8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case TensorProto::FLOAT8E5M2:
    return Float8E5M2Type::get(context);
  case TensorProto::FLOAT8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case TensorProto::UINT4:
    return unsignedType(4);
  case TensorProto::INT4:
    return b.getIntegerType(4);
  case TensorProto::FLOAT4E2M1:
    return Float4E2M1FNType::get(context);
  case TensorProto::FLOAT8E8M0:
    return Float8E8M0FNUType::get(context);
  case TensorProto::UINT2:
    return unsignedType(2);
  case TensorProto::INT2:
    return b.getIntegerType(2);
  case TensorProto::FLOAT6E2M3:
    return Float6E2M3FNType::get(context);
  case TensorProto::FLOAT6E3M2:
    return Float6E3M2FNType::get(context);
  default:
    return {};
  }
}

std::string dsc::getElementTypeName(int32_t dataType) {
  if (::onnx::TensorProto_DataType_IsValid(dataType))
    return ::onnx::TensorProto_DataType_Name(TensorProto::DataType(dataType));
  return "element type " + std::to_string(dataType);
}

// ---- Typed fields ----------------------------------------------------------------------------------

template <typename T, typename Range> static std::vector<char> copyAs(const Range &values) {
  std::vector<char> bytes(values.size() * sizeof(T));
  for (auto [i, value] : llvm::enumerate(values)) {
    T element = static_cast<T>(value);
    std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}

/// Six-bit elements, one in each value, become a stream of bits.
static std::vector<char> packSixBits(const google::protobuf::RepeatedField<int32_t> &values) {
  std::vector<char> bytes(llvm::divideCeil(size_t(values.size()) * 6, 8));
  for (auto [i, value] : llvm::enumerate(values)) {
    unsigned element = unsigned(value & 0x3f) << (i * 6 % 8);
    bytes[i * 6 / 8] |= char(element);
    if (element >> 8)
      bytes[i * 6 / 8 + 1] |= char(element >> 8);
  }
  return bytes;
}

/// The bytes of a tensor whose elements stand in the field for its type (onnx-ml.proto says which one that is).
static std::vector<char> readTypedField(const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
  case TensorProto::COMPLEX64:
    return copyAs<float>(tensor.float_data());
  case TensorProto::DOUBLE:
  case TensorProto::COMPLEX128:
    return copyAs<double>(tensor.double_data());
  case TensorProto::INT64:
    return copyAs<int64_t>(tensor.int64_data());
  case TensorProto::UINT64:
    return copyAs<uint64_t>(tensor.uint64_data());
  case TensorProto::UINT32:
    return copyAs<uint32_t>(tensor.uint64_data());
  case TensorProto::INT32:
    return copyAs<int32_t>(tensor.int32_data());
  case TensorProto::INT16:
  case TensorProto::UINT16:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return copyAs<uint16_t>(tensor.int32_data());
  case TensorProto::FLOAT6E2M3:
  case TensorProto::FLOAT6E3M2:
    return packSixBits(tensor.int32_data());
  default: // One byte in each value: 8-bit elements and bools, or several smaller elements.
    return copyAs<uint8_t>(tensor.int32_data());
  }
}

// ---- Tensors ---------------------------------------------------------------------------------------

static llvm::Expected<dsc::onnx::ExternalAttr> refer(ImportState &state, RankedTensorType type, llvm::StringRef file,
                                                int64_t offset, int64_t length) {
  llvm::Expected<llvm::ArrayRef<char>> bytes = state.data.resolve(file, offset, length);
  if (!bytes)
    return bytes.takeError();
  std::string digest = state.options.digestWeights ? dsc::onnx::ExternalData::digest(*bytes) : "";
  return dsc::onnx::ExternalAttr::get(state.context, file, offset, length, digest, type);
}

/// What the entries of `external_data` say.
static llvm::Expected<dsc::onnx::ExternalAttr> referExternal(ImportState &state, const TensorProto &tensor,
                                                        RankedTensorType type, int64_t size) {
  std::string location;
  int64_t offset = 0, length = size;
  for (const auto &entry : tensor.external_data()) {
    llvm::StringRef key = entry.key(), value = entry.value();
    if (key == "location")
      location = value.str();
    else if (key == "offset" || key == "length") {
      if (value.getAsInteger(10, key == "offset" ? offset : length) || offset < 0)
        return llvm::createStringError("external data " + key + " '" + value + "' is not a size");
    }
  }
  if (length != size)
    return llvm::createStringError("external data has " + llvm::Twine(length) + " bytes, the shape needs " +
                                   llvm::Twine(size));
  llvm::Expected<std::string> file = state.data.open(state.folder, location);
  if (!file)
    return file.takeError();
  return refer(state, type, *file, offset, length);
}

static llvm::Expected<TypedAttr> convert(ImportState &state, const TensorProto &tensor) {
  if (tensor.data_type() == TensorProto::STRING)
    return llvm::createStringError("tensors of strings are not supported");
  Type element = getElementType(state.context, tensor.data_type());
  if (!element)
    return llvm::createStringError(getElementTypeName(tensor.data_type()) + " is not supported");
  for (int64_t dim : tensor.dims())
    if (dim < 0)
      return llvm::createStringError("dimension " + llvm::Twine(dim) + " is negative");
  if (tensor.has_segment())
    return llvm::createStringError("tensors in segments are not supported");
  auto type = RankedTensorType::get(llvm::ArrayRef(tensor.dims().data(), tensor.dims().size()), element);
  std::optional<int64_t> size = dsc::onnx::getByteSize(type);
  if (!size)
    return llvm::createStringError("the shape has too many elements");

  auto wrongSize = [&](size_t found) {
    return llvm::createStringError("there are " + llvm::Twine(found) + " bytes of data, the shape needs " +
                                   llvm::Twine(*size));
  };
  dsc::onnx::ExternalAttr external;
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    llvm::Expected<dsc::onnx::ExternalAttr> attribute = referExternal(state, tensor, type, *size);
    if (!attribute)
      return attribute.takeError();
    external = *attribute;
  } else if (std::optional<FileRange> range = findRawData(tensor)) {
    if (range->length != uint64_t(*size))
      return wrongSize(range->length);
    llvm::Expected<dsc::onnx::ExternalAttr> attribute = refer(state, type, state.path, range->offset, range->length);
    if (!attribute)
      return attribute.takeError();
    external = *attribute;
  } else {
    std::vector<char> typed;
    llvm::ArrayRef<char> bytes(tensor.raw_data().data(), tensor.raw_data().size());
    if (!tensor.has_raw_data()) {
      typed = readTypedField(tensor);
      bytes = typed;
    }
    if (int64_t(bytes.size()) != *size)
      return wrongSize(bytes.size());
    return dsc::onnx::getConstant(type, bytes);
  }
  if (*size > dsc::onnx::kInlineBytes)
    return external;
  // Small tensors are worth having in the IR wherever they lie.
  llvm::Expected<llvm::ArrayRef<char>> bytes = state.data.resolve(external);
  if (!bytes)
    return bytes.takeError();
  return dsc::onnx::getDense(type, *bytes);
}

TypedAttr dsc::importTensor(ImportState &state, const TensorProto &tensor, Location location, const llvm::Twine &what) {
  llvm::Expected<TypedAttr> value = convert(state, tensor);
  if (value)
    return *value;
  state.error(location) << what.str() << ": " << llvm::toString(value.takeError());
  return {};
}
