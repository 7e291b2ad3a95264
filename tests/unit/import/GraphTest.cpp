// SPDX-License-Identifier: Apache-2.0
// Graphs, nodes, attributes and versions.
#include "dialects/onnx/Onnx.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tests/unit/import/ImportCase.h"

using namespace dsc::test;
using ::onnx::AttributeProto;
using ::onnx::ModelProto;

namespace {

/// A model of nodes and what is said about it.
struct GraphTest : testing::Test {
  ::onnx::NodeProto *add(llvm::StringRef op, std::vector<std::string> inputs, std::vector<std::string> outputs) {
    return ImportCase::addNode(model.mutable_graph(), op, inputs, outputs);
  }
  void import() { test.import(model); }
  void expectText(llvm::StringRef text) {
    ASSERT_TRUE(test.module) << test.messages;
    EXPECT_NE(test.print().find(text.str()), std::string::npos) << text.str() << "\n" << test.print();
  }
  ModelProto model = ImportCase::makeModel();
  ImportCase test;
};

} // namespace

// ---- What is kept ----------------------------------------------------------------------------------

TEST_F(GraphTest, EntryHasNamesDimsAndTypes) {
  model.set_producer_name("maker");
  auto *entry = model.add_metadata_props();
  entry->set_key("k");
  entry->set_value("v");
  add("Abs", {"x"}, {"y"});
  import();
  expectText("onnx.metadata = {k = \"v\"}, onnx.producer = \"maker\"");
  expectText("func.func @model(%arg0: tensor<?x4xf32> {onnx.dims = [\"n\", \"4\"], onnx.name = \"x\"}");
  expectText("-> (!onnx.any {onnx.dims = [\"n\", \"4\"], onnx.name = \"y\", onnx.type = f32})");
  expectText("onnx.opsets = {ai.onnx = 20 : i64}");
}

TEST_F(GraphTest, AttributesOfEveryKind) {
  auto *node = add("Unheard", {"x"}, {"y"});
  auto attribute = [&](const char *name, AttributeProto::AttributeType type) {
    AttributeProto *a = node->add_attribute();
    a->set_name(name);
    a->set_type(type);
    return a;
  };
  attribute("f", AttributeProto::FLOAT)->set_f(1.5);
  attribute("i", AttributeProto::INT)->set_i(-3);
  attribute("s", AttributeProto::STRING)->set_s("text");
  attribute("fs", AttributeProto::FLOATS)->add_floats(2.5);
  attribute("is", AttributeProto::INTS)->add_ints(7);
  attribute("ss", AttributeProto::STRINGS)->add_strings("t");
  auto *t = attribute("t", AttributeProto::TENSOR)->mutable_t();
  t->set_data_type(::onnx::TensorProto::INT64);
  t->add_int64_data(9);
  import();
  expectText("{f = 1.500000e+00 : f32, fs = array<f32: 2.500000e+00>, i = -3 : i64, is = array<i64: 7>, s = \"text\", "
             "ss = [\"t\"], t = dense<9> : tensor<i64>}");
}

TEST_F(GraphTest, AbsentInputsAreNone) {
  add("Clip", {"x", "", "x"}, {"a"});
  add("Clip", {"a", "", ""}, {"y"});
  import();
  expectText("\"onnx.Clip\"(%arg0, %0, %arg0) : (tensor<?x4xf32>, none, tensor<?x4xf32>)");
  expectText("\"onnx.Clip\"(%1) : (!onnx.any)");
}

TEST_F(GraphTest, GraphsUseValuesAroundThem) {
  add("Greater", {"x", "x"}, {"c"});
  auto *node = add("If", {"c"}, {"y"});
  for (const char *name : {"then_branch", "else_branch"}) {
    AttributeProto *a = node->add_attribute();
    a->set_name(name);
    a->set_type(AttributeProto::GRAPH);
    ImportCase::addNode(a->mutable_g(), "Neg", {"x"}, {"inner"});
    a->mutable_g()->add_output()->set_name("inner");
  }
  import();
  expectText("\"onnx.Neg\"(%arg0)");
  expectText("onnx.regions = [\"then_branch\", \"else_branch\"]");
}

TEST_F(GraphTest, OtherDomains) {
  auto *import1 = model.add_opset_import();
  import1->set_domain("com.microsoft");
  import1->set_version(1);
  add("MoE", {"x"}, {"y"})->set_domain("com.microsoft");
  import();
  expectText("\"onnx.com.microsoft.MoE\"");
  expectText("com.microsoft = 1 : i64");
}

TEST_F(GraphTest, ConstantNodes) {
  auto *a = add("Constant", {}, {"c"})->add_attribute();
  a->set_name("value_ints");
  a->set_type(AttributeProto::INTS);
  a->add_ints(1);
  a->add_ints(2);
  add("Reshape", {"x", "c"}, {"y"});
  import();
  expectText("onnx.constant dense<[1, 2]> : tensor<2xi64>");
}

TEST_F(GraphTest, InitializersThatAreInputsAreConstants) {
  auto *w = model.mutable_graph()->add_initializer();
  w->set_name("w");
  w->set_data_type(::onnx::TensorProto::FLOAT);
  w->add_float_data(1);
  *model.mutable_graph()->add_input() = model.graph().input(0);
  model.mutable_graph()->mutable_input(1)->set_name("w");
  add("Add", {"x", "w"}, {"y"});
  model.set_ir_version(3);
  import();
  ASSERT_TRUE(test.module);
  EXPECT_EQ(test.messages, "");
  EXPECT_EQ((*test.module->getOps<mlir::func::FuncOp>().begin()).getNumArguments(), 1u);
  // Later it means a default value, which is worth a word.
  ImportCase later;
  model.set_ir_version(4);
  EXPECT_TRUE(later.import(model));
  EXPECT_NE(later.messages.find("the input 'w' has a default value"), std::string::npos);
}

TEST_F(GraphTest, InputThatIsAnOutput) {
  model.mutable_graph()->mutable_output(0)->set_name("x");
  import();
  expectText("\"onnx.Identity\"(%arg0) : (tensor<?x4xf32>) -> !onnx.any");
}

// ---- Versions --------------------------------------------------------------------------------------

TEST_F(GraphTest, NewerIrVersionIsAWarning) {
  model.set_ir_version(99);
  add("Abs", {"x"}, {"y"});
  import();
  EXPECT_TRUE(test.module);
  EXPECT_NE(test.messages.find("the model has IR version 99"), std::string::npos);
}

TEST_F(GraphTest, OldIrVersion) {
  model.set_ir_version(2);
  add("Abs", {"x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "the model has IR version 2; versions from 3 on are supported");
}

TEST_F(GraphTest, OpsetsOutOfRange) {
  add("Abs", {"x"}, {"y"});
  for (int64_t opset : {0, 29}) {
    ImportCase other;
    model.mutable_opset_import(0)->set_version(opset);
    other.import(model);
    EXPECT_REFUSED(other, "declares opset " + std::to_string(opset) + "; opsets 7 to 28 are supported");
  }
}

TEST_F(GraphTest, OlderOpsetsOfWhatHasNotChanged) {
  add("Abs", {"x"}, {"y"});
  model.mutable_opset_import(0)->set_version(6); // as at 7
  import();
  EXPECT_TRUE(test.module) << test.messages;
  ImportCase other;
  model.mutable_opset_import(0)->set_version(5);
  other.import(model);
  EXPECT_REFUSED(other, "the model declares opset 5, whose Abs is another one than that of opset 7, the oldest supported");
}

TEST_F(GraphTest, NoOpset) {
  model.clear_opset_import();
  add("Abs", {"x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "the model declares no opset version");
}

TEST_F(GraphTest, TwoOpsets) {
  auto *second = model.add_opset_import();
  second->set_domain("ai.onnx");
  second->set_version(21);
  add("Abs", {"x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "declares two opset versions, 20 and 21");
}

TEST_F(GraphTest, OperatorYoungerThanTheOpset) {
  add("Attention", {"x", "x", "x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "declares opset 20, but Attention exists only since opset 23; export with opset 23 or newer");
}

TEST_F(GraphTest, OperatorThatIsGone) {
  add("Upsample", {"x", "x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "Upsample does not exist any more since opset 10");
}

TEST_F(GraphTest, UnknownOperatorsPass) {
  add("SimplifiedLayerNormalization", {"x", "x"}, {"y"});
  import();
  EXPECT_TRUE(test.module);
  EXPECT_EQ(test.messages, "");
}

// ---- What is refused -------------------------------------------------------------------------------

TEST_F(GraphTest, NoGraph) {
  model.clear_graph();
  import();
  EXPECT_REFUSED(test, "the model has no graph");
}

TEST_F(GraphTest, UndefinedValue) {
  add("Add", {"x", "ghost"}, {"y"});
  import();
  EXPECT_REFUSED(test, "Add uses the value 'ghost', which nothing defines");
  EXPECT_NE(test.messages.find("node_Add_1"), std::string::npos);
}

TEST_F(GraphTest, WrongOrder) {
  add("Neg", {"a"}, {"y"});
  add("Abs", {"x"}, {"a"});
  import();
  EXPECT_REFUSED(test, "Neg uses the value 'a', which the node 'node_Abs_2' defines only later (the nodes must be sorted)");
}

TEST_F(GraphTest, Cycles) {
  add("Add", {"x", "b"}, {"a"});
  add("Add", {"x", "a"}, {"b"});
  add("Add", {"a", "y"}, {"y"});
  import();
  EXPECT_REFUSED(test, "which the node 'node_Add_2' defines only later");
  EXPECT_NE(test.messages.find("which it defines itself"), std::string::npos);
}

TEST_F(GraphTest, NameTwice) {
  add("Abs", {"x"}, {"y"});
  add("Neg", {"x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "the value 'y' is defined twice");
}

TEST_F(GraphTest, MissingOutput) {
  add("Abs", {"x"}, {"z"});
  import();
  EXPECT_REFUSED(test, "nothing defines the graph output 'y'");
}

TEST_F(GraphTest, CountsOfInputsAndOutputs) {
  add("Add", {"x"}, {"a"});
  add("Abs", {"x", "x"}, {"b"});
  add("TopK", {"x", "x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "Add has 1 input, its definition says 2");
  EXPECT_REFUSED(test, "Abs has 2 inputs, its definition says 1");
  EXPECT_REFUSED(test, "TopK has 1 output, its definition says 2");
}

TEST_F(GraphTest, NamesOfOurOwnOperations) {
  for (const char *op : {"constant", "none", "yield"})
    add(op, {"x"}, {std::string("o_") + op});
  add("Abs", {"x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "there is no operator 'constant'");
  EXPECT_REFUSED(test, "there is no operator 'yield'");
}

TEST_F(GraphTest, OperatorNames) {
  add("", {"x"}, {"a"});
  add("a.b", {"x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "the node has no operator");
  EXPECT_REFUSED(test, "'a.b' is no name of an operator");
}

TEST_F(GraphTest, UndeclaredDomain) {
  add("MoE", {"x"}, {"y"})->set_domain("com.microsoft");
  import();
  EXPECT_REFUSED(test, "the operator MoE is of the domain 'com.microsoft', for which the model declares no opset version");
}

TEST_F(GraphTest, Attributes) {
  auto *node = add("Unheard", {"x"}, {"y"});
  auto attribute = [&](const char *name, AttributeProto::AttributeType type) {
    AttributeProto *a = node->add_attribute();
    a->set_name(name);
    a->set_type(type);
    return a;
  };
  attribute("a", AttributeProto::INT)->set_i(1);
  attribute("a", AttributeProto::INT)->set_i(2);
  attribute("onnx.opset", AttributeProto::INT)->set_i(2);
  attribute("", AttributeProto::INT)->set_i(2);
  attribute("t", AttributeProto::TENSOR);
  attribute("g", AttributeProto::GRAPH);
  attribute("u", AttributeProto::UNDEFINED);
  attribute("p", AttributeProto::TYPE_PROTO);
  attribute("r", AttributeProto::INT)->set_ref_attr_name("outer");
  import();
  EXPECT_REFUSED(test, "the attribute 'a' is there twice");
  EXPECT_REFUSED(test, "'onnx.opset' is no name of an attribute");
  EXPECT_REFUSED(test, "'' is no name of an attribute");
  EXPECT_REFUSED(test, "attribute 't' of Unheard has no value");
  EXPECT_REFUSED(test, "attribute 'g' of Unheard has no value");
  EXPECT_REFUSED(test, "attribute 'u' of Unheard has no value");
  EXPECT_REFUSED(test, "attribute 'p' of Unheard is a TYPE_PROTO, which is not supported");
  EXPECT_REFUSED(test, "the attribute 'r' refers to an attribute of a function, but this is no function");
}

TEST_F(GraphTest, TypesOfInputsAndOutputs) {
  auto *graph = model.mutable_graph();
  auto *noShape = graph->add_input();
  noShape->set_name("no_shape");
  noShape->mutable_type()->mutable_tensor_type()->set_elem_type(1);
  auto *strings = graph->add_input();
  strings->set_name("strings");
  strings->mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::STRING);
  auto *list = graph->add_input();
  list->set_name("list");
  list->mutable_type()->mutable_sequence_type();
  graph->add_input()->set_name("no_type");
  auto *huge = graph->add_input();
  *huge = graph->input(0);
  huge->set_name("huge");
  for (auto &dim : *huge->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim())
    dim.set_dim_value(int64_t(1) << 40);
  add("Abs", {"x"}, {"y"});
  import();
  EXPECT_REFUSED(test, "the graph input 'no_shape' has no shape, not even a rank");
  EXPECT_REFUSED(test, "the graph input 'strings' has the element type STRING, which is not supported");
  EXPECT_REFUSED(test, "the graph input 'list' is no tensor, which is not supported");
  EXPECT_REFUSED(test, "the graph input 'no_type' has no type");
  EXPECT_REFUSED(test, "the graph input 'huge' has too many elements");
}

TEST_F(GraphTest, ManyErrorsAreCut) {
  for (int i = 0; i < 150; ++i)
    add("Abs", {"ghost_" + std::to_string(i)}, {"v" + std::to_string(i)});
  import();
  EXPECT_REFUSED(test, "51 more errors are not shown"); // the output y is missing as well
}
