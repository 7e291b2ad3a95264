# SPDX-License-Identifier: Apache-2.0
"""lit: the .mlir tests of dialects and passes, and tests of the tools as shell lines.

RUN lines find dsc and dsc-opt in the build folder, FileCheck, not, count and split-file in LLVM's. %models is the
folder of the exported models, %scripture that of the example, %t a file in the build folder.
"""

import os

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "dsc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["unit", "models", "conformance", "support", "Inputs"]
config.test_source_root = os.path.join(config.dsc_source_dir, "tests")
config.test_exec_root = os.path.join(config.dsc_binary_dir, "tests", "lit")

bin_dir = os.path.join(config.dsc_binary_dir, "bin")
# Every pass is followed by the verifier, whatever dsc-opt's default is.
tools = [ToolSubst("dsc-opt", extra_args=["--verify-each"], unresolved="ignore"),
         ToolSubst("FileCheck"), ToolSubst("not"), ToolSubst("count"), ToolSubst("split-file")]
llvm_config.add_tool_substitutions(tools, [bin_dir, config.llvm_tools_dir])
llvm_config.with_environment("PATH", [bin_dir, config.llvm_tools_dir], append_path=True)

config.substitutions.append(("%models", os.path.join(config.test_source_root, "models", "fixtures")))
config.substitutions.append(("%scripture", os.path.join(config.dsc_source_dir, "examples", "scripture")))
