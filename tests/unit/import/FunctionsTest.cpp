// SPDX-License-Identifier: Apache-2.0
// Model-local functions: imported, inlined, refused.
#include "tests/unit/import/ImportCase.h"

using namespace dsc::test;

namespace {

struct FunctionsTest : testing::Test {
  FunctionsTest() {
    auto *import = model.add_opset_import();
    import->set_domain("local");
    import->set_version(1);
  }
  /// A function with the input a and the output b.
  ::onnx::FunctionProto *addFunction(const std::string &name, int64_t opset = 20) {
    ::onnx::FunctionProto *function = model.add_functions();
    function->set_domain("local");
    function->set_name(name);
    function->add_input("a");
    function->add_output("b");
    function->add_opset_import()->set_version(opset);
    auto *local = function->add_opset_import();
    local->set_domain("local");
    local->set_version(1);
    return function;
  }
  ::onnx::NodeProto *addNode(::onnx::FunctionProto *function, const std::string &op, const std::string &input,
                             const std::string &output, const std::string &domain = "") {
    ::onnx::NodeProto *node = function->add_node();
    node->set_op_type(op);
    node->set_domain(domain);
    node->add_input(input);
    node->add_output(output);
    return node;
  }
  ::onnx::NodeProto *call(const std::string &name) {
    ::onnx::NodeProto *node = ImportCase::addNode(model.mutable_graph(), name, {"x"}, {"y"});
    node->set_domain("local");
    return node;
  }
  ::onnx::ModelProto model = ImportCase::makeModel();
  ImportCase test;
};

} // namespace

TEST_F(FunctionsTest, AttributesAndVersions) {
  auto *function = addFunction("Scale", 18);
  function->add_attribute("by");
  auto *withDefault = function->add_attribute_proto();
  withDefault->set_name("beta");
  withDefault->set_type(::onnx::AttributeProto::FLOAT);
  withDefault->set_f(0.5);
  auto *node = addNode(function, "Unheard", "a", "b");
  for (const char *name : {"by", "beta"}) {
    auto *reference = node->add_attribute();
    reference->set_name(std::string("my_") + name);
    reference->set_ref_attr_name(name);
    reference->set_type(::onnx::AttributeProto::FLOAT);
  }
  auto *by = call("Scale")->add_attribute();
  by->set_name("by");
  by->set_type(::onnx::AttributeProto::FLOAT);
  by->set_f(2);
  test.import(model);
  ASSERT_TRUE(test.module) << test.messages;
  EXPECT_NE(test.print().find("func.func private @\"local::Scale\""), std::string::npos);
  ASSERT_TRUE(test.inlineFunctions()) << test.messages;
  EXPECT_NE(test.print().find("\"onnx.Unheard\"(%arg0) {my_beta = 5.000000e-01 : f32, my_by = 2.000000e+00 : f32, "
                              "onnx.opset = 18 : i64}"),
            std::string::npos)
      << test.print();
  EXPECT_EQ(test.print().find("local::"), std::string::npos);
}

TEST_F(FunctionsTest, Recursion) {
  addNode(addFunction("F"), "G", "a", "b", "local");
  addNode(addFunction("G"), "F", "a", "b", "local");
  call("F");
  test.import(model);
  ASSERT_TRUE(test.module) << test.messages;
  EXPECT_FALSE(test.inlineFunctions());
  EXPECT_NE(test.messages.find("calls itself, directly or through others"), std::string::npos) << test.messages;
}

TEST_F(FunctionsTest, Multiplication) {
  // Each function calls the next one ten times: 10^12 nodes.
  for (int i = 0; i < 12; ++i) {
    auto *function = addFunction("F" + std::to_string(i));
    std::string last = "a";
    for (int n = 0; n < 10; ++n) {
      std::string next = n == 9 ? "b" : "v" + std::to_string(n);
      addNode(function, i == 11 ? "Abs" : "F" + std::to_string(i + 1), last, next, i == 11 ? "" : "local");
      last = next;
    }
  }
  call("F0");
  test.import(model);
  ASSERT_TRUE(test.module) << test.messages;
  EXPECT_FALSE(test.inlineFunctions());
  EXPECT_NE(test.messages.find("more than 1048576 nodes"), std::string::npos) << test.messages;
}

TEST_F(FunctionsTest, DeepChain) {
  for (int i = 0; i < 5000; ++i)
    addNode(addFunction("F" + std::to_string(i)), i == 4999 ? "Abs" : "F" + std::to_string(i + 1), "a", "b",
            i == 4999 ? "" : "local");
  call("F0");
  test.import(model);
  ASSERT_TRUE(test.module) << test.messages;
  EXPECT_FALSE(test.inlineFunctions());
  EXPECT_NE(test.messages.find("more than 64 levels deep"), std::string::npos) << test.messages;
}

TEST_F(FunctionsTest, TooManyOperands) {
  addNode(addFunction("F"), "Abs", "a", "b");
  call("F")->add_input("x");
  test.import(model);
  EXPECT_REFUSED(test, "the function F has 1 inputs and 1 outputs, the node 2 and 1");
}

TEST_F(FunctionsTest, TwiceAndWithoutName) {
  addNode(addFunction("F"), "Abs", "a", "b");
  addNode(addFunction("F"), "Abs", "a", "b");
  addFunction("");
  call("F");
  test.import(model);
  EXPECT_REFUSED(test, "the function 'F' is there twice");
  EXPECT_REFUSED(test, "a function has no name");
}

TEST_F(FunctionsTest, MistakesInABody) {
  addNode(addFunction("F"), "Abs", "ghost", "c");
  call("F");
  test.import(model);
  EXPECT_REFUSED(test, "Abs uses the value 'ghost', which nothing defines");
  EXPECT_REFUSED(test, "nothing defines the graph output 'b'");
}
