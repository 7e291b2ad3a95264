// SPDX-License-Identifier: Apache-2.0
// Every exported model is imported; its text form reads back as it was; every weight's bytes are there.
#include "dialects/onnx/ExternalData.h"
#include "mlir/Parser/Parser.h"
#include "tests/unit/import/ImportCase.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <cstdlib>

using namespace dsc::test;

static std::filesystem::path getModels() {
  const char *folder = std::getenv("DSC_MODELS");
  return folder ? folder : DSC_MODELS;
}

TEST(Fixtures, EveryModelIsImported) {
  unsigned count = 0;
  for (const auto &file : std::filesystem::recursive_directory_iterator(getModels())) {
    if (file.path().extension() != ".onnx")
      continue;
    SCOPED_TRACE(file.path().string());
    ImportCase test;
    test.importFile(file.path().string());
    ++count;
    if (file.path().parent_path().filename() == "v3_attn_op26") {
      EXPECT_REFUSED(test, "the model declares opset 18, but Attention exists only since opset 23; the exporter's "
                           "version conversion failed silently; export with opset 23-25");
      continue;
    }
    EXPECT_TRUE(test.module) << test.messages;
    EXPECT_EQ(test.messages, "");
    if (!test.module)
      continue;
    test.module->walk([&](dsc::onnx::ConstantOp op) {
      auto external = llvm::dyn_cast<dsc::onnx::ExternalAttr>(op.getValue());
      if (!external)
        return;
      auto bytes = dsc::onnx::ExternalData::get(&test.context).resolve(external);
      ASSERT_TRUE(bool(bytes));
      EXPECT_EQ(dsc::onnx::ExternalData::digest(*bytes), external.getDigest());
    });
    std::string text = test.print();
    mlir::MLIRContext other;
    other.loadDialect<dsc::onnx::OnnxDialect, mlir::func::FuncDialect>();
    auto again = mlir::parseSourceString<mlir::ModuleOp>(text, &other);
    ASSERT_TRUE(again);
    std::string second;
    llvm::raw_string_ostream os(second);
    again->print(os, mlir::OpPrintingFlags().enableDebugInfo(true, false).useLocalScope());
    EXPECT_EQ(text, second);
  }
  EXPECT_GT(count, 50u) << "there are no models in " << getModels();
}

TEST(Fixtures, LocationsNameNodeAndModule) {
  ImportCase test;
  test.importFile((getModels() / "v3_prefill_bmm_op20" / "model.onnx").string());
  ASSERT_TRUE(test.module);
  EXPECT_NE(test.print().find("loc(\"node_linear_7\"(\"model.layers.0.mlp.down_proj\"))"), std::string::npos);
}

TEST(Fixtures, TorchScriptNamesGiveModules) {
  ImportCase test;
  test.importFile((getModels() / "old_v3_past_op18" / "model.onnx").string());
  ASSERT_TRUE(test.module) << test.messages;
  EXPECT_NE(test.print().find("loc(\"/model/layers.1/mlp/gate/TopK_1\"(\"model.layers.1.mlp.gate\"))"), std::string::npos);
}
