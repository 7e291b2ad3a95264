// SPDX-License-Identifier: Apache-2.0
// Expected values are NumPy's where they are not obvious.
#include "tests/unit/reference/ReferenceTest.h"

using namespace dsc::reference;

namespace {

using Elementwise = ReferenceTest;

TEST_F(Elementwise, UnaryFloat) {
  auto unary = [&](std::string kind, llvm::StringRef x, llvm::StringRef expected,
                   double tolerance = 0) {
    std::string type = x.substr(x.rfind(": ") + 2).str();
    expect({x}, "%r = prim.unary " + kind + " %x0 : " + type + " -> " + type, expected, tolerance);
  };
  llvm::StringRef x = "dense<[-2.5, -0.5, 0.0, 0.5, 1.5, 3.25]> : tensor<6xf32>";
  unary("neg", x, "dense<[2.5, 0.5, -0.0, -0.5, -1.5, -3.25]> : tensor<6xf32>");
  unary("abs", x, "dense<[2.5, 0.5, 0.0, 0.5, 1.5, 3.25]> : tensor<6xf32>");
  unary("sign", x, "dense<[-1.0, -1.0, 0.0, 1.0, 1.0, 1.0]> : tensor<6xf32>");
  unary("floor", x, "dense<[-3.0, -1.0, 0.0, 0.0, 1.0, 3.0]> : tensor<6xf32>");
  unary("ceil", x, "dense<[-2.0, -0.0, 0.0, 1.0, 2.0, 4.0]> : tensor<6xf32>");
  unary("round_even", x, "dense<[-2.0, -0.0, 0.0, 0.0, 2.0, 3.0]> : tensor<6xf32>");
  unary("exp", x,
        "dense<[8.20849985e-02, 6.06530666e-01, 1.0, 1.64872122, 4.48168898, 25.7903404]> : "
        "tensor<6xf32>",
        1e-7);
  unary("sin", x,
        "dense<[-0.598472118, -0.47942555, 0.0, 0.47942555, 0.997494996, -0.108195134]> : "
        "tensor<6xf32>",
        1e-7);
  unary("cos", x,
        "dense<[-0.801143587, 0.87758255, 1.0, 0.87758255, 7.07372017e-2, -0.99412968]> : "
        "tensor<6xf32>",
        1e-7);
  unary("tanh", x,
        "dense<[-0.98661429, -0.462117165, 0.0, 0.462117165, 0.905148268, 0.996997654]> : "
        "tensor<6xf32>",
        1e-7);
  unary("erf", x,
        "dense<[-0.999593048, -0.520499878, 0.0, 0.520499878, 0.966105146, 0.99999569]> : "
        "tensor<6xf32>",
        1e-7);
  unary("sqrt", "dense<[4.0, 2.0, -1.0, 0.0]> : tensor<4xf32>",
        "dense<[2.0, 1.41421356, 0x7FC00000, 0.0]> : tensor<4xf32>", 1e-7);
  unary("reciprocal", "dense<[4.0, -0.0, 0.0, 0x7F800000]> : tensor<4xf32>",
        "dense<[0.25, 0xFF800000, 0x7F800000, 0.0]> : tensor<4xf32>");
  unary("log", "dense<[1.0, 0.0, -1.0, 10.0]> : tensor<4xf32>",
        "dense<[0.0, 0xFF800000, 0x7FC00000, 2.30258512]> : tensor<4xf32>", 1e-7);
  unary("sign", "dense<[0x7FC00000, 0xFF800000]> : tensor<2xf32>",
        "dense<[0x7FC00000, -1.0]> : tensor<2xf32>");
  unary("exp", "dense<[89.0, -110.0]> : tensor<2xf32>", "dense<[0x7F800000, 0.0]> : tensor<2xf32>");
  unary("exp", "dense<1.0> : tensor<f64>", "dense<2.7182818284590451> : tensor<f64>", 1e-15);
  unary("exp", "dense<1.0> : tensor<f16>", "dense<2.71875> : tensor<f16>");
  unary("exp", "dense<1.0> : tensor<bf16>", "dense<2.71875> : tensor<bf16>");
  unary("exp", "dense<> : tensor<0x3xf32>", "dense<> : tensor<0x3xf32>");
  // Far arguments are reduced well.
  unary("sin", "dense<[163840.0, 1.0e22]> : tensor<2xf64>",
        "dense<[-0.3335530981941464, -0.8522008497671888]> : tensor<2xf64>", 1e-14);
}

TEST_F(Elementwise, UnaryTests) {
  llvm::StringRef x = "dense<[0x7FC00000, 0x7F800000, 0xFF800000, 1.0]> : tensor<4xf32>";
  expect({x}, "%r = prim.unary is_nan %x0 : tensor<4xf32> -> tensor<4xi1>",
         "dense<[true, false, false, false]> : tensor<4xi1>");
  expect({x}, "%r = prim.unary is_inf %x0 : tensor<4xf32> -> tensor<4xi1>",
         "dense<[false, true, true, false]> : tensor<4xi1>");
}

TEST_F(Elementwise, UnaryInteger) {
  auto unary = [&](std::string kind, llvm::StringRef x, llvm::StringRef expected) {
    std::string type = x.substr(x.rfind(": ") + 2).str();
    expect({x}, "%r = prim.unary " + kind + " %x0 : " + type + " -> " + type, expected);
  };
  unary("neg", "dense<[-128, 5]> : tensor<2xi8>", "dense<[-128, -5]> : tensor<2xi8>");
  unary("abs", "dense<[-128, -5]> : tensor<2xi8>", "dense<[-128, 5]> : tensor<2xi8>");
  unary("sign", "dense<[-7, 0, 7]> : tensor<3xi64>", "dense<[-1, 0, 1]> : tensor<3xi64>");
  unary("sign", "dense<[0, 255]> : tensor<2xui8>", "dense<[0, 1]> : tensor<2xui8>");
  unary("not", "dense<[0, 5]> : tensor<2xi32>", "dense<[-1, -6]> : tensor<2xi32>");
  unary("not", "dense<[0, 5]> : tensor<2xui16>", "dense<[65535, 65530]> : tensor<2xui16>");
  unary("not", "dense<[true, false]> : tensor<2xi1>", "dense<[false, true]> : tensor<2xi1>");
}

TEST_F(Elementwise, BinaryFloat) {
  auto binary = [&](std::string kind, llvm::StringRef a, llvm::StringRef b,
                    llvm::StringRef expected, double tolerance = 0) {
    expect({a, b}, "%r = prim.binary " + kind + " %x0, %x1 : " + a.substr(a.rfind(": ") + 2).str(),
           expected, tolerance);
  };
  llvm::StringRef a = "dense<[5.5, -5.5, 5.5, -5.5]> : tensor<4xf32>",
                  b = "dense<[2.0, 2.0, -2.0, -2.0]> : tensor<4xf32>";
  binary("add", a, b, "dense<[7.5, -3.5, 3.5, -7.5]> : tensor<4xf32>");
  binary("sub", a, b, "dense<[3.5, -7.5, 7.5, -3.5]> : tensor<4xf32>");
  binary("mul", a, b, "dense<[11.0, -11.0, -11.0, 11.0]> : tensor<4xf32>");
  binary("div", a, b, "dense<[2.75, -2.75, -2.75, 2.75]> : tensor<4xf32>");
  binary("rem", a, b, "dense<[1.5, -1.5, 1.5, -1.5]> : tensor<4xf32>");
  binary("mod", a, b, "dense<[1.5, 0.5, -0.5, -1.5]> : tensor<4xf32>");
  binary("min", a, b, "dense<[2.0, -5.5, -2.0, -5.5]> : tensor<4xf32>");
  binary("max", a, b, "dense<[5.5, 2.0, 5.5, -2.0]> : tensor<4xf32>");
  binary("pow", "dense<[2.0, 4.0, -2.0, -8.0, 0.0]> : tensor<5xf32>",
         "dense<[0.5, -1.0, 3.0, 0.33, 0.0]> : tensor<5xf32>",
         "dense<[1.41421354, 0.25, -8.0, 0x7FC00000, 1.0]> : tensor<5xf32>");
  llvm::StringRef nan = "dense<[0x7FC00000, 1.0]> : tensor<2xf32>",
                  other = "dense<[1.0, 0x7FC00000]> : tensor<2xf32>";
  binary("min", nan, other, "dense<0x7FC00000> : tensor<2xf32>");
  binary("max", nan, other, "dense<0x7FC00000> : tensor<2xf32>");
  binary("div", "dense<[1.0, -1.0, 0.0]> : tensor<3xf32>", "dense<0.0> : tensor<3xf32>",
         "dense<[0x7F800000, 0xFF800000, 0x7FC00000]> : tensor<3xf32>");
  // One rounding from f32: 2049 lies between 2048 and 2050, ties to even.
  binary("add", "dense<[2048.0, 2050.0]> : tensor<2xf16>", "dense<1.0> : tensor<2xf16>",
         "dense<[2048.0, 2052.0]> : tensor<2xf16>");
  binary("mul", "dense<300.0> : tensor<f16>", "dense<300.0> : tensor<f16>",
         "dense<0x7C00> : tensor<f16>");
  binary("add", "dense<256.0> : tensor<bf16>", "dense<1.0> : tensor<bf16>",
         "dense<256.0> : tensor<bf16>");
}

TEST_F(Elementwise, BinaryInteger) {
  auto binary = [&](std::string kind, llvm::StringRef a, llvm::StringRef b,
                    llvm::StringRef expected) {
    expect({a, b}, "%r = prim.binary " + kind + " %x0, %x1 : " + a.substr(a.rfind(": ") + 2).str(),
           expected);
  };
  llvm::StringRef a = "dense<[7, -7, 7, -7, 7, -128]> : tensor<6xi8>",
                  b = "dense<[3, 3, -3, -3, 0, -1]> : tensor<6xi8>";
  binary("div", a, b, "dense<[2, -2, -2, 2, 0, -128]> : tensor<6xi8>");
  binary("rem", a, b, "dense<[1, -1, 1, -1, 0, 0]> : tensor<6xi8>");
  binary("mod", a, b, "dense<[1, 2, -2, -1, 0, 0]> : tensor<6xi8>");
  binary("add", "dense<[127, -128]> : tensor<2xi8>", "dense<[1, -1]> : tensor<2xi8>",
         "dense<[-128, 127]> : tensor<2xi8>");
  binary("mul", "dense<9223372036854775807> : tensor<i64>", "dense<2> : tensor<i64>",
         "dense<-2> : tensor<i64>");
  binary("mul", "dense<65535> : tensor<ui16>", "dense<65535> : tensor<ui16>",
         "dense<1> : tensor<ui16>");
  binary("sub", "dense<0> : tensor<ui32>", "dense<1> : tensor<ui32>",
         "dense<4294967295> : tensor<ui32>");
  binary("div", "dense<[4294967295, 1]> : tensor<2xui32>", "dense<[2, 0]> : tensor<2xui32>",
         "dense<[2147483647, 0]> : tensor<2xui32>");
  binary("pow", "dense<[3, -2, 2, -1, 0, 1]> : tensor<6xi64>",
         "dense<[4, 3, -1, -3, 0, -5]> : tensor<6xi64>",
         "dense<[81, -8, 0, -1, 1, 1]> : tensor<6xi64>");
  binary("and", "dense<12> : tensor<i32>", "dense<10> : tensor<i32>", "dense<8> : tensor<i32>");
  binary("or", "dense<12> : tensor<i32>", "dense<10> : tensor<i32>", "dense<14> : tensor<i32>");
  binary("xor", "dense<12> : tensor<i32>", "dense<10> : tensor<i32>", "dense<6> : tensor<i32>");
  llvm::StringRef left = "dense<[true, true, false]> : tensor<3xi1>",
                  right = "dense<[true, false, false]> : tensor<3xi1>";
  binary("and", left, right, "dense<[true, false, false]> : tensor<3xi1>");
  binary("or", left, right, "dense<[true, true, false]> : tensor<3xi1>");
  binary("xor", left, right, "dense<[false, true, false]> : tensor<3xi1>");
  binary("max", left, right, "dense<[true, true, false]> : tensor<3xi1>");
  binary("shl", "dense<[1, 1, 1, -1]> : tensor<4xi32>", "dense<[4, 31, 32, -1]> : tensor<4xi32>",
         "dense<[16, -2147483648, 0, 0]> : tensor<4xi32>");
  binary("shr", "dense<[-1, 256, 1]> : tensor<3xi32>", "dense<[28, 4, 32]> : tensor<3xi32>",
         "dense<[15, 16, 0]> : tensor<3xi32>");
  binary("shr", "dense<[255, 255]> : tensor<2xui8>", "dense<[1, 8]> : tensor<2xui8>",
         "dense<[127, 0]> : tensor<2xui8>");
}

TEST_F(Elementwise, BinaryThatDoesNotExist) {
  expectError({"dense<1.0> : tensor<f32>"}, "%r = prim.binary xor %x0, %x0 : tensor<f32>",
              "tensor<f32>", "'prim.binary' op xor does not exist for the element type");
}

TEST_F(Elementwise, Compare) {
  auto compare = [&](std::string kind, llvm::StringRef a, llvm::StringRef b,
                     llvm::StringRef expected) {
    std::string type = a.substr(a.rfind(": ") + 2).str();
    expect({a, b}, "%r = prim.compare " + kind + " %x0, %x1 : " + type + " -> tensor<4xi1>",
           expected);
  };
  llvm::StringRef a = "dense<[1.0, 2.0, 3.0, 0x7FC00000]> : tensor<4xf32>",
                  b = "dense<[2.0, 2.0, 2.0, 0x7FC00000]> : tensor<4xf32>";
  compare("eq", a, b, "dense<[false, true, false, false]> : tensor<4xi1>");
  compare("ne", a, b, "dense<[true, false, true, true]> : tensor<4xi1>");
  compare("lt", a, b, "dense<[true, false, false, false]> : tensor<4xi1>");
  compare("le", a, b, "dense<[true, true, false, false]> : tensor<4xi1>");
  compare("gt", a, b, "dense<[false, false, true, false]> : tensor<4xi1>");
  compare("ge", a, b, "dense<[false, true, true, false]> : tensor<4xi1>");
  compare("lt", "dense<[-1, 0, 1, 2]> : tensor<4xi8>", "dense<[0, 0, 0, 0]> : tensor<4xi8>",
          "dense<[true, false, false, false]> : tensor<4xi1>");
  compare("lt", "dense<[255, 0, 1, 2]> : tensor<4xui8>", "dense<[1, 1, 1, 1]> : tensor<4xui8>",
          "dense<[false, true, false, false]> : tensor<4xi1>");
}

TEST_F(Elementwise, Select) {
  expect({"dense<[true, false]> : tensor<2xi1>", "dense<[1.0, 2.0]> : tensor<2xbf16>",
          "dense<[3.0, 4.0]> : tensor<2xbf16>"},
         "%r = prim.select %x0, %x1, %x2 : tensor<2xi1>, tensor<2xbf16>",
         "dense<[1.0, 4.0]> : tensor<2xbf16>");
}

TEST_F(Elementwise, Convert) {
  auto convert = [&](llvm::StringRef x, llvm::StringRef expected) {
    expect({x},
           "%r = prim.convert %x0 : " + x.substr(x.rfind(": ") + 2).str() + " -> " +
               expected.substr(expected.rfind(": ") + 2).str(),
           expected);
  };
  llvm::StringRef x = "dense<[1.9, -1.9, 300.0, -1.0e30, 0x7FC00000, 0x7F800000]> : tensor<6xf32>";
  convert(x, "dense<[1, -1, 127, -128, 0, 127]> : tensor<6xi8>");
  convert(x, "dense<[1, 0, 255, 0, 0, 255]> : tensor<6xui8>");
  convert(x, "dense<[1, -1, 300, -9223372036854775808, 0, 9223372036854775807]> : tensor<6xi64>");
  convert(x, "dense<[1, 0, 300, 0, 0, 18446744073709551615]> : tensor<6xui64>");
  convert("dense<[0.0, -0.0, 0.5, 0x7FC00000]> : tensor<4xf32>",
          "dense<[false, false, true, true]> : tensor<4xi1>");
  convert("dense<[true, false]> : tensor<2xi1>", "dense<[1.0, 0.0]> : tensor<2xf16>");
  convert("dense<[true, false]> : tensor<2xi1>", "dense<[1, 0]> : tensor<2xi64>");
  convert("dense<[300, -1]> : tensor<2xi64>", "dense<[44, 255]> : tensor<2xui8>");
  convert("dense<[-1, 5]> : tensor<2xi8>", "dense<[-1, 5]> : tensor<2xi64>");
  convert("dense<[255, 5]> : tensor<2xui8>", "dense<[255, 5]> : tensor<2xi64>");
  convert("dense<16777217> : tensor<i64>", "dense<16777216.0> : tensor<f32>");
  convert("dense<[1.0e10, 2049.0, 6.0e-8, 65519.0, 65520.0]> : tensor<5xf32>",
          "dense<[0x7C00, 2048.0, 0x0001, 65504.0, 0x7C00]> : tensor<5xf16>");
  convert("dense<[257.0, 259.0]> : tensor<2xf32>", "dense<[256.0, 260.0]> : tensor<2xbf16>");
  convert("dense<[0x7C00, 0xFC00, 0x7E00, 0x3C00]> : tensor<4xf16>",
          "dense<[0x7F800000, 0xFF800000, 0x7FC00000, 1.0]> : tensor<4xf32>");
  convert("dense<0.1> : tensor<f64>", "dense<0.1> : tensor<f32>");
  // 1 + 2^-11 + 2^-30 lies above a tie of f16; rounding to f32 first would lose what decides.
  convert("dense<1.0004882821813226> : tensor<f64>", "dense<1.0009765625> : tensor<f16>");
  convert("dense<[1.0, 448.0, 17.0, 0.3]> : tensor<4xf32>",
          "dense<[1.0, 448.0, 16.0, 0.3125]> : tensor<4xf8E4M3FN>");
  convert("dense<[1.0, 57344.0, 0.3]> : tensor<3xf8E5M2>",
          "dense<[1.0, 57344.0, 0.3125]> : tensor<3xf32>");
}

TEST_F(Elementwise, Bitcast) {
  expect({"dense<[1.0, -0.0]> : tensor<2xf32>"},
         "%r = prim.bitcast %x0 : tensor<2xf32> -> tensor<2xi32>",
         "dense<[1065353216, -2147483648]> : tensor<2xi32>");
  expect({"dense<1.0> : tensor<2xf32>"}, "%r = prim.bitcast %x0 : tensor<2xf32> -> tensor<2xui32>",
         "dense<1065353216> : tensor<2xui32>");
}

} // namespace
