// SPDX-License-Identifier: Apache-2.0
#include "tools/dsc/RuntimeHandles.h"

#include "tools/dsc/Failure.h"

#include <cstring>

namespace dsc {

static_assert(static_cast<int>(NpyType::Bool) == DSC_BOOL &&
              static_cast<int>(NpyType::BF16) == DSC_BF16);

static void check(dsc_status status, const dsc_error &error) {
  if (status != DSC_OK)
    throw Failure(status, error);
}

EngineHandle::EngineHandle(const std::string &path, dsc_verify verify) {
  dsc_error error = {};
  dsc_engine_options options = {sizeof options, verify, nullptr};
  dsc_engine *opened = nullptr;
  dsc_status status = dsc_engine_open(path.c_str(), &options, &opened, &error);
  if (status == DSC_CORRUPT || status == DSC_UNSUPPORTED)
    throw Failure(ExitRefused, fmt::format("{}: {}", path, error.message));
  check(status, error);
  engine.reset(opened);
}

const format::Manifest &EngineHandle::manifest() const {
  return *format::GetManifest(dsc_engine_manifest(engine.get(), nullptr));
}

std::vector<dsc_value_info> EngineHandle::inputs(size_t entry) const {
  std::vector<dsc_value_info> result(dsc_entry_input_count(engine.get(), entry));
  for (size_t i = 0; i < result.size(); ++i)
    dsc_entry_input(engine.get(), entry, i, &result[i]);
  return result;
}

std::vector<dsc_value_info> EngineHandle::outputs(size_t entry) const {
  std::vector<dsc_value_info> result(dsc_entry_output_count(engine.get(), entry));
  for (size_t i = 0; i < result.size(); ++i)
    dsc_entry_output(engine.get(), entry, i, &result[i]);
  return result;
}

std::vector<dsc_state_info> EngineHandle::states(size_t entry) const {
  std::vector<dsc_state_info> result(dsc_entry_state_count(engine.get(), entry));
  for (size_t i = 0; i < result.size(); ++i)
    dsc_entry_state(engine.get(), entry, i, &result[i]);
  return result;
}

SessionHandle::SessionHandle(const EngineHandle &engine, const SessionSettings &settings)
    : engine(engine) {
  dsc_error error = {};
  dsc_runtime_options runtimeOptions = {sizeof runtimeOptions, settings.threads,
                                       settings.device.c_str(),
                                       settings.driver.empty() ? nullptr : settings.driver.c_str()};
  dsc_runtime *newRuntime = nullptr;
  check(dsc_runtime_create(&runtimeOptions, &newRuntime, &error), error);
  runtime.reset(newRuntime);
  dsc_session_options options = {sizeof options, settings.capacity, 0};
  dsc_session *newSession = nullptr;
  check(dsc_session_create(newRuntime, engine.get(), &options, &newSession, &error), error);
  session.reset(newSession);
}

std::vector<dsc_tensor> SessionHandle::run(size_t entry, const std::vector<dsc_tensor> &inputs) {
  std::vector<dsc_tensor> outputs(dsc_entry_output_count(engine.get(), entry));
  dsc_error error = {};
  check(dsc_session_run(session.get(), entry, inputs.data(), inputs.size(), outputs.data(),
                        outputs.size(), &error),
        error);
  return outputs;
}

NpyArray SessionHandle::readState(const std::string &name) {
  dsc_error error = {};
  dsc_tensor tensor = {};
  check(dsc_session_read_state(session.get(), name.c_str(), &tensor, &error), error);
  NpyArray array = arrayOf(tensor, name); // only its type and size: there is no data yet
  tensor.data = array.bytes.data();
  if (!array.bytes.empty())
    check(dsc_session_read_state(session.get(), name.c_str(), &tensor, &error), error);
  return array;
}

void SessionHandle::reset() {
  dsc_error error = {};
  check(dsc_session_reset(session.get(), &error), error);
}

dsc_tensor tensorOf(NpyArray &array) {
  dsc_tensor tensor = {};
  if (array.dims.size() > DSC_MAX_RANK)
    throw Failure(ExitUsage, fmt::format("array '{}' has rank {}", array.name, array.dims.size()));
  tensor.dtype = static_cast<dsc_dtype>(array.type);
  tensor.rank = static_cast<int32_t>(array.dims.size());
  std::copy(array.dims.begin(), array.dims.end(), tensor.dims);
  tensor.data = array.bytes.data();
  return tensor;
}

NpyArray arrayOf(const dsc_tensor &tensor, const std::string &name) {
  NpyArray array;
  array.name = name;
  array.type = static_cast<NpyType>(tensor.dtype);
  array.dims.assign(tensor.dims, tensor.dims + tensor.rank);
  array.bytes.resize(static_cast<size_t>(array.elementCount()) * npySize(array.type));
  if (tensor.data && !array.bytes.empty())
    std::memcpy(array.bytes.data(), tensor.data, array.bytes.size());
  return array;
}

std::string typeText(dsc_dtype dtype, const int64_t *dims, int32_t rank) {
  std::string text = fmt::format("{} [", npyTypeName(static_cast<NpyType>(dtype)));
  for (int32_t i = 0; i < rank; ++i) {
    text += i ? ", " : "";
    text += dims[i] < 0 ? "?" : std::to_string(dims[i]);
  }
  return text + "]";
}

} // namespace dsc
