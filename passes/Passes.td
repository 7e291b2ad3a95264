// SPDX-License-Identifier: Apache-2.0
// Every pass of dsc, in the order in which the pipeline (compiler/Pipeline.cpp) meets their levels.
// A description shows the IR before and after and says whether the pass preserves numerics: "bitwise" (the same
// bits in every run), "reassociates" (sums in another order), or what else it changes.
#ifndef DSC_PASSES_TD
#define DSC_PASSES_TD

include "mlir/Pass/PassBase.td"

// ---- onnx -------------------------------------------------------------------------------------------

def OnnxInlineFunctions : Pass<"onnx-inline-functions", "::mlir::ModuleOp"> {
  let summary = "calls of model-local functions become the functions' nodes";
  let description = [{
    A node whose operator is a private function of the module is replaced by its body, inside out; the functions go.
    `#onnx.attribute_ref` becomes the call's attribute, the function's default, or nothing. A node that comes from a function with another
    version of its domain than the entry declares gets `onnx.opset`. Its location is the call's name, `/`, its own.

    ```mlir
    func.func @main(%x: tensor<2xf32>) -> !onnx.any attributes {onnx.opsets = {ai.onnx = 20 : i64, local = 1 : i64}} {
      %0 = "onnx.local.Scale"(%x) {by = 2.0 : f32} : (tensor<2xf32>) -> !onnx.any
    func.func private @"local::Scale"(%a: !onnx.any) -> !onnx.any
        attributes {onnx.opsets = {ai.onnx = 18 : i64}, onnx.parameters = ["by"], onnx.defaults = {}} {
      %0 = "onnx.Elu"(%a) {alpha = #onnx.attribute_ref<"by">} : (!onnx.any) -> !onnx.any
    // becomes
    func.func @main(%x: tensor<2xf32>) -> !onnx.any ... {
      %0 = "onnx.Elu"(%x) {alpha = 2.0 : f32, onnx.opset = 18 : i64} : (tensor<2xf32>) -> !onnx.any
    ```

    Functions that call themselves, attributes that a function does not have, and more than a million nodes are errors.
    Numerics: bitwise.
  }];
  let statistics = [Statistic<"numInlined", "calls", "Number of calls inlined">];
  let dependentDialects = ["::dsc::onnx::OnnxDialect"];
}

def OnnxToPrim : Pass<"onnx-to-prim", "::mlir::ModuleOp"> {
  let summary = "imported graphs become prim entries";
  let description = [{
    Every entry (a public function with `onnx.opsets`) is rewritten operator by operator. ONNX's implicit rules end
    here: broadcasting, negative axes, defaults, differences between opsets. Shapes are inferred, never read from the file; sizes
    that must be equal are unified, and what cannot be decided becomes a `prim.require`. All nodes without a lowering are reported at once.

    Open sizes that meet in a broadcast are unified as well, because exporters give equal sizes different names. In a graph without a
    matrix of constants, or with `stretch`, either may instead be 1 at run time, as ONNX has it: the operand is then read by
    `prim.take` at min(position, size - 1).

    ```mlir
    func.func @main(%x: tensor<?x64xf32> {onnx.name = "x", onnx.dims = ["n", "64"]}) -> ... {
      %0 = "onnx.Relu"(%x) : (tensor<?x64xf32>) -> !onnx.any
    // becomes
    func.func @main(%x: tensor<?x64xf32, #prim.shape<"n", 64>> {onnx.name = "x"}) -> ... {
      %c = prim.constant dense<0.0> : tensor<f32>
      %z = prim.broadcast %c axes [] : tensor<f32> -> tensor<?x64xf32, #prim.shape<"n", 64>>
      %0 = prim.binary max %x, %z : tensor<?x64xf32, #prim.shape<"n", 64>>
    ```

    Numerics: defines them.
  }];
  let options = [Option<"stretch", "stretch", "bool", "false", "sizes of different names may be 1 at run time where they meet in a broadcast, in models too">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::mlir::func::FuncDialect"];
}

// ---- prim -------------------------------------------------------------------------------------------

def ResolveIntegers : Pass<"resolve-integers", "::mlir::func::FuncOp"> {
  let summary = "integer tensors that are expressions of their positions are written as such";
  let description = [{
    Shape arithmetic, position ranges and masks are evaluated symbolically; their results become `prim.index_expr` or
    `prim.exprs`, and what computed them disappears.

    ```mlir
    %k = prim.index_expr "d0" : tensor<?xi64, #prim.shape<"t">>
    %q = prim.index_expr "d0 + past" : tensor<?xi64, #prim.shape<"s">>
    ... broadcasts ...
    %m = prim.compare le %k4, %q4 : ... -> tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "t">>
    // becomes
    %m = prim.index_expr "nonneg(d2 - d3 + past)" : tensor<1x1x?x?xi1, #prim.shape<1, 1, "s", "t">>
    ```

    Numerics: bitwise.
  }];
  let statistics = [Statistic<"numResolved", "resolved", "Number of tensors replaced by expressions">];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
}

def ScatterToConcat : Pass<"scatter-to-concat", "::mlir::func::FuncOp"> {
  let summary = "scatters of consecutive rows into a fresh tensor become concatenations";
  let description = [{
    A scatter whose indices are c, c + 1, ... along one axis is a `prim.update_slice`. A block written into a fresh tensor (a
    constant or a concatenation) is a concatenation of what stays and the block; when blocks cover the tensor, nothing of it stays. Transposes
    around such scatters are composed and cancel. Targets that may be a session's state keep `prim.update_slice`.

    ```mlir
    %z = ... zeros : tensor<2x24xf32>
    %1 = prim.scatter_nd set %z, %i0, %a axes [1] : ...   // %i0: rows 0..15
    %2 = prim.scatter_nd set %1, %i1, %b axes [1] : ...   // %i1: rows 16..23
    // becomes
    %2 = prim.concat %at, %bt axis 1 : (tensor<2x16xf32>, tensor<2x8xf32>) -> tensor<2x24xf32>
    ```

    Numerics: bitwise.
  }];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
}

def ScatterThroughTranspose : Pass<"scatter-through-transpose", "::mlir::func::FuncOp"> {
  let summary = "scatters into a transposed tensor become scatters along other axes";
  let description = [{
    An exporter writes an update along an inner axis as a scatter along the first one between two transposes. The
    transposes move off the target, whose buffer can then be updated in place, onto the updates, which are small.

    ```mlir
    %t = prim.transpose %cache perm [2, 0, 1]
    %s = prim.scatter_nd set %t, %i, %u axes [0]
    %r = prim.transpose %s perm [1, 2, 0]
    // becomes
    %r = prim.scatter_nd set %cache, %i, %u axes [2]
    ```

    The same for prim.update_slice. Numerics: bitwise.
  }];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
}

// ---- recognize --------------------------------------------------------------------------------------

def RecognizeCacheStates : Pass<"recognize-cache-states", "::mlir::ModuleOp"> {
  let summary = "past/present pairs of the entries become states of the session";
  let description = [{
    An argument and a result are one state when their names propose it (`input.X`/`output.X`, `X`; `past_key_values.N.key`/`present.N.key`;
    `past_X`/`present_X`) and the graph proves it: the result is the argument with rows appended along an axis, with a block or rows
    replaced, or an integer scalar with something added. In an entry without the argument, a result of the same normalised name
    whose type fits a state of another entry starts the state.

    All growing states of an entry share one length, which replaces the sizes along their growth axes.

    ```mlir
    func.func @decode(%c: tensor<1x?x64xf32, #prim.shape<1, "s36", 64>> {onnx.name = "past_latent"}, ...) -> (... {onnx.name = "present_latent"}) {
      %1 = prim.concat %c, %n axis 1 : ...
    // becomes
    func.func @decode(%c: ... {dsc.state = "latent", dsc.state_axis = 1, ...}, ...) -> (... {dsc.state = "latent", dsc.state_axis = 1, ...}) {
      %1 = dsc.cache_append %c, %n axis 1 at "s36" : ...
    ```

    A proposed pair that is not proved stays an ordinary input and output; a remark says why. Numerics: bitwise.
  }];
  let options = [Option<"kv", "kv", "std::string", "\"state\"", "state: pairs become states; io: the ONNX signature stays">];
  let statistics = [Statistic<"numGrowing", "growing-states", "Number of growing states">,
                    Statistic<"numFixed", "fixed-states", "Number of states of a fixed size">,
                    Statistic<"numCounters", "counters", "Number of counters">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def KeepLatentRows : Pass<"keep-latent-rows", "::mlir::ModuleOp"> {
  let summary = "states of expanded keys and values become states of the latent rows that they are images of";
  let description = [{
    Older exporters cache the keys and values of every head. Where the rows that an entry appends to a growing state are, range by range of their
    features, constant matrices of the head times one row per token, or elements that all heads share, x(past ++ new) = f(past rows ++ new rows): the rows
    become the states, `NAME.latent` and `NAME.shared`, and what the entry read is made from them again. Several states made from the same rows
    (keys and values) share them. `recognize-latent-attention` then finds latent attention over a latent cache.

    ```mlir
    %k = prim.concat %image, %shared axis 3    // image[b, h, s, n] = sum over r of w[h, n, r] * c[b, s, r]; shared is the same for all h
    %1 = dsc.cache_append %keys, %k axis 2 at "past"
    // becomes
    %2 = dsc.cache_append %rows, %c axis 1 at "past"
    %3 = dsc.cache_append %shared_rows, %r axis 1 at "past"
    %4 = prim.dot %2, %w ...; %1 = prim.concat (transposed %4, broadcast %3) axis 3
    ```

    Legal when every entry that writes the state uses the same function (weights are compared by content), nothing else reads the past, and the
    rows are narrower than what is made from them. A remark names each state that keeps its form and says why. Numerics: what was rounded when it was cached
    is computed anew from rows rounded once.
  }];
  let statistics = [Statistic<"numRewritten", "rewritten", "Number of states replaced by rows">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect", "::dsc::onnx::OnnxDialect"];
}

def RecognizeLatentAttention : Pass<"recognize-latent-attention", "::mlir::func::FuncOp"> {
  let summary = "attention over linear images of one row per token becomes dsc.latent_attention";
  let description = [{
    From softmax(Q K^T) V, however its scores are scaled and masked, K and V are followed through layout operations to what computed
    their elements. It is latent attention when V, and a range of K's features, are constant matrices of the head times the same rows c, and the rest of K
    is the same for all heads.

    ```mlir
    %kv = prim.dot %c, %w ... : [b, t, R] x [R, h * (n + v)]
    %k = prim.concat %k_nope, %k_rope axis 3 : ...      // slices of %kv, and rows that are broadcast to all heads
    %s = prim.dot %q, %k ...
    ... mask, softmax %p ...
    %o = prim.dot %p, %v ...
    // becomes
    %o = dsc.latent_attention query(%q_nope) rope(%q_rope, %k_rope) latent(%c) weights(%wk, %wv) {causal = #prim.expr<"past">, scale = 0.2 : f64}
    ```

    Multi-head attention, whose rows are not narrower than what the heads make of them, stays. A candidate that fails on the way
    leaves a miss on the entry (`dsc.misses`). Numerics: reassociates.
  }];
  let statistics = [Statistic<"numMatched", "matched", "Number of latent attentions">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def RecognizeSparseIndex : Pass<"recognize-sparse-index", "::mlir::func::FuncOp"> {
  let summary = "masks of latent attention that an indexer chose are named";
  let description = [{
    The mask of DeepSeek sparse attention is false but where the top k of sum over j of w_j * relu(q_j . k) were written. The attention gets
    `dsc.sparse_index`; nothing else changes.

    ```mlir
    %v, %i = prim.top_k %scores largest : ...
    %m = prim.scatter_along_axis set %all, %i, %none axis 2 : ...
    %o = dsc.latent_attention ... mask(%m4) {scale = 0.2 : f64}
    // becomes
    %o = dsc.latent_attention ... mask(%m4) {dsc.sparse_index = {dim = 128 : i64, heads = 64 : i64, top_k = 2048 : i64}, scale = 0.2 : f64}
    ```

    Numerics: bitwise.
  }];
  let statistics = [Statistic<"numMatched", "matched", "Number of sparse indices">];
}

def RecognizeAttention : Pass<"recognize-attention", "::mlir::func::FuncOp"> {
  let summary = "softmax(Q K^T) V becomes dsc.attention";
  let description = [{
    However its scores are scaled and masked and its heads are grouped. Comes after the recognition of latent attention.

    ```mlir
    %k4 = prim.broadcast %k ... // each of 2 key heads for 2 query heads
    %s = prim.dot %q, %k4 batch [0, 1] x [0, 1] contract [3] x [3] : ...
    ... mask, softmax %p ...
    %o = prim.dot %p, %v4 batch [0, 1] x [0, 1] contract [3] x [2] : ...
    // becomes
    %o = dsc.attention queries(%q5) keys(%k) values(%v) {causal = #prim.expr<"past">, scale = 0.25 : f64}
        : (tensor<1x2x2x?x16xf32, ...>, tensor<1x2x?x16xf32, ...>, tensor<1x2x?x16xf32, ...>) -> tensor<1x2x2x?x16xf32, ...>
    ```

    Numerics: reassociates.
  }];
  let statistics = [Statistic<"numMatched", "matched", "Number of attentions">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def RecognizeRouters : Pass<"recognize-routers", "::mlir::func::FuncOp"> {
  let summary = "scores, groups, choice and renormalisation become dsc.route";
  let description = [{
    Begins at a choice of the k largest of E scores and follows single elements back (Elements.h): the score function, a bias for selection,
    groups with what they are chosen by and what fills the others; then forward to the weights of the chosen. Machinery of groups that keeps all of
    them vanishes. Which tensor the weights come from is proved, not assumed.

    ```mlir
    %s = softmax of %logits, several operations
    %v, %i = prim.top_k %s largest : tensor<?x8xf32, ...> -> tensor<?x2xf32, ...>, tensor<?x2xi64, ...>
    %w = prim.binary div %v, (sum of %v over the slots)
    // becomes
    %w, %i = dsc.route softmax %logits {renormalise = 0.0 : f64, scale = 1.0 : f64} : ...
    ```

    What is not proved stays; the entry's `dsc.misses` then says at which node the proof ended. Numerics: reassociates.
  }];
  let statistics = [Statistic<"numRouters", "routers", "Number of routers">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def RecognizeExperts : Pass<"recognize-experts", "::mlir::func::FuncOp"> {
  let summary = "weighted sums of chosen feed-forward networks become dsc.experts";
  let description = [{
    Proves result[t] = sum over slots j of w[t, j] * F_e(x[t]) with e = ids[t, j] and F_e one network over weights stacked by expert, whatever the
    encoding: `batched` (the weights of each slot's expert gathered), `grouped` (rows sorted by expert, a part for each, put back by the inverse of the sort;
    bins are tried for every expert, for exporters compute them in floats), `loop` (for each expert the tokens that have chosen it, scattered and
    added), `dense` (every expert for every token, times a weight that is zero if it was not chosen). Comes after recognize-routers.

    ```mlir
    %w1 = prim.gather_nd %gate_up, %ids batch 0 : tensor<8x32x64xf32>, ... -> tensor<?x32x64xf32, ...>
    ... gate, up, activation, down, times %w, summed over slots
    // becomes
    %g = prim.slice %gate_up starts [0, 0, 0] steps [1, 1, 1] : tensor<8x32x64xf32> -> tensor<8x16x64xf32>
    %y = dsc.experts silu %x ids(%ids) weights(%w) gate(%g) up(%u) down(%down) {dsc.encoding = "batched"} : ...
    ```

    A shared expert that is added to the sum stays where it is; its width is noted as `dsc.shared_width`. A router without such a sum is a
    miss, and a loop that lacks experts a warning as well: its file computes something else than the model. Numerics: reassociates.
  }];
  let statistics = [Statistic<"numExperts", "experts", "Number of layers of experts">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def RecognizeNorms : Pass<"recognize-norms", "::mlir::func::FuncOp"> {
  let summary = "rows over their root mean square become dsc.rms_norm, centered ones dsc.layer_norm";
  let description = [{
    From the product with a number per row: a reciprocal root, as power, quotient or reciprocal, of epsilon and a mean, which must be that of the squares of
    the very elements that are multiplied. Squares are products, powers or contractions of a row with itself. Where the elements are a row less
    its mean, it is a layer norm; mean(x^2) - mean(x)^2 is its variance, too. A conversion to 16 bits, the weight (or what is made of weights, as 1 + w) and the bias that follow
    become part of the operation while nobody else reads what lies between. Conversions stay where they round: `rounded` says
    that one stands before the weight. Comes last, for other recognitions follow elements through prim.

    ```mlir
    %1 = prim.binary mul %x, %x : ...
    %2 = prim.reduce sum %1 axes [1] : ...
    ... times 1/64, plus epsilon, sqrt, reciprocal, broadcast
    %8 = prim.binary mul %x, %7 : ...
    %9 = prim.binary mul %w2, %8 : tensor<2x64xf32>
    // becomes
    %9 = dsc.rms_norm %x weight(%w) {epsilon = 1.0e-6 : f64} : (tensor<2x64xf32>, tensor<64xf32>) -> tensor<2x64xf32>
    ```

    Numerics: reassociates.
  }];
  let statistics = [Statistic<"numRmsNorms", "rms-norms", "Number of RMS norms">, Statistic<"numLayerNorms", "layer-norms", "Number of layer norms">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def RecognizeRope : Pass<"recognize-rope", "::mlir::func::FuncOp"> {
  let summary = "pairs of elements rotated by tables become dsc.rope";
  let description = [{
    Pairs of the result are followed back to a*c - b*s and b*c + a*s; the pairing of the operand is where a and b stand. Tables are what is made
    of cosines, sines and constants, or what the caller gives. Comes after the recognition of attention.

    ```mlir
    %r = prim.concat %negated, %x1 axis 3 : ... // the halves of %x swapped
    %0 = prim.binary mul %x, %c4 : ...
    %1 = prim.binary mul %r, %s4 : ...
    %y = prim.binary add %0, %1 : tensor<1x4x?x8xf32, ...>
    // becomes
    %y = dsc.rope %x, %c, %s half to half : tensor<1x4x?x8xf32, ...>, tensor<1x1x?x4xf32, ...>
    ```

    Numerics: bitwise.
  }];
  let statistics = [Statistic<"numMatched", "matched", "Number of rotations">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def RecognizeFeedForward : Pass<"recognize-feed-forward", "::mlir::func::FuncOp"> {
  let summary = "products with a weight that end a feed-forward network say so";
  let description = [{
    down * (a(gate * x) . (up * x)) by the proof that experts take, for networks that every token takes. The operations stay; the last product has the
    attribute, which the report reads. Comes after the recognition of experts.

    ```mlir
    %y = prim.dot %h, %down ... : ...
    // becomes
    %y = prim.dot %h, %down ... {dsc.feed_forward = {activation = "silu", inputs = 64 : i64, width = 32 : i64}} : ...
    ```

    Numerics: bitwise.
  }];
  let statistics = [Statistic<"numMatched", "matched", "Number of networks">];
}

def Decompose : Pass<"decompose", "::mlir::func::FuncOp"> {
  let summary = "dsc operations become the prim operations that they stand for";
  let description = [{
    Undoes recognition, for checking it, and gives operations without a kernel of their own the code of what they stand for.

    ```mlir
    %1 = dsc.cache_append %past, %new axis 1 at "past" : ...
    // becomes
    %1 = prim.concat %past, %new axis 1 : ...
    ```

    Numerics: reassociates.
  }];
  let options = [ListOption<"keep", "keep", "std::string", "names of operations that stay: those with a kernel of their own">];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
}

// ---- dsc --------------------------------------------------------------------------------------------

def FormLatentAttention : Pass<"form-latent-attention", "::mlir::func::FuncOp"> {
  let summary = "latent attention becomes attention over the latent rows, or over keys and values made per tile";
  let description = [{
    For few new tokens the absorbed form: a key weight moves to the query, a value weight to the result, by associativity. What is left is attention with
    one key head, whose keys are the rows of the cache (latent and rotated key) and whose values are the latent rows again. Weights are
    never multiplied with one another: that would make them larger. For many new tokens the expanded form, the operation itself marked
    `expanded`: its kernel makes keys and values of one head for a tile of the past at a time.

    The absorbed form is taken up to s = R*(n + v) / (2*R - n - v) new tokens of a sequence, where n, r, v and R are the widths of a
    head's unrotated and rotated parts, of its values and of a latent row: there both need the same number of multiplications against a
    long past. Without a past it is taken up to 32*(n + r + v) / (2*R + r), where a full block of queries costs the expanded form as
    much. On a GPU (`expanded-queries` of a block, for each of which keys and values are made again) it is taken up to 16 new tokens, and beyond them wherever
    it needs fewer multiplications, given the rows that queries attend to (LatentForms.h has the formulas). Where only the run knows the sizes, both forms are
    built and `dsc.choose` takes one.

    ```mlir
    %o = dsc.latent_attention query(%q) rope(%qr, %kr) latent(%c) weights(%wk, %wv) {scale = 0.1 : f64} : ... -> tensor<1x16x1x128xf32>
    // becomes
    %0 = prim.dot %q, %wk ... : ... -> tensor<16x1x1x512xf32>
    ...
    %5 = dsc.attention queries(%2, %3) keys(%4, %kr4) values(%4) {scale = 0.1 : f64} : ... -> tensor<1x1x16x1x512xf32>
    %7 = prim.dot %6, %wv ... : ... -> tensor<16x1x1x128xf32>
    ```

    Numerics: reassociates.
  }];
  let options = [Option<"expandedQueries", "expanded-queries", "int64_t", "0",
                        "queries for which the expanded form makes keys and values, of 16-bit types (a quarter of wider ones); 0: all">];
  let statistics = [Statistic<"numAbsorbed", "absorbed", "Number of layers in absorbed form only">,
                    Statistic<"numExpanded", "expanded", "Number of layers in expanded form only">,
                    Statistic<"numBoth", "both", "Number of layers in both forms">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def SplitAttention : Pass<"split-attention", "::mlir::func::FuncOp"> {
  let summary = "attention of few queries over a long past becomes parts that are computed side by side";
  let description = [{
    With at most `most-items` blocks of 32 rows of scores (sequences, groups, heads of a group and queries) and more than `least-rows` rows of
    the past, each split of the past is a work item of its own. A split has `least-rows` rows or more, and there are `most-splits` at most. With
    `query-share` n it has so many rows that the queries of its heads (32 at most, a block's), which every split reads, are an n-th at most of the bytes of its
    rows and sums. Where only the run knows the sizes, `dsc.choose` takes one form.

    ```mlir
    %o = dsc.attention queries(%q) keys(%k) values(%v) {scale = 0.25 : f64} : ... -> tensor<1x1x16x1x512xf32>
    // becomes
    %s, %m, %l = dsc.attention_parts "256" queries(%q) keys(%k) values(%v) {scale = 0.25 : f64} : ... -> (tensor<4x1x1x16x1x512xf32>, ...)
    %o = dsc.attention_combine %s, %m, %l : ... -> tensor<1x1x16x1x512xf32>
    ```

    Numerics: bitwise with the default options on a CPU, whose kernel of dsc.attention keeps to the same splits; else reassociates.
  }];
  let options = [Option<"leastRows", "least-rows", "int64_t", "256", "rows of a split at least: a multiple of 64">,
                 Option<"mostSplits", "most-splits", "int64_t", "16", "splits at most">,
                 Option<"mostItems", "most-items", "int64_t", "16", "blocks of rows of scores above which nothing is split">,
                 Option<"queryShare", "query-share", "int64_t", "0", "queries are at most this part of what else a split moves; 0: whatever they are">];
  let statistics = [Statistic<"numSplit", "split", "Number of attentions split">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

def DecomposeWithoutKernel : Pass<"decompose-without-kernel", "::mlir::func::FuncOp"> {
  let summary = "dsc operations that no kernel computes become the prim operations that they stand for";
  let description = [{
    What stays: `dsc.cache_append`, which the plan does in place, `dsc.choose`, of which it computes one side, and of what is in `kernels`, the operations for
    which the target has code, those that it can hold: `dsc.attention`, its parts and expanded `dsc.latent_attention` need widths that are known and small enough for
    the scratch of a kernel; `dsc.route` chooses at most 32 experts, of at most 32 groups of at most 32 experts a lane of a warp (1,024 without groups).

    ```mlir
    %o = dsc.attention queries(%q) keys(%k) values(%v) {scale = 0.25 : f64} : ... // of an unknown width
    // becomes
    %0 = prim.dot %q, %k batch [0, 1] x [0, 1] contract [4] x [3] : ...
    ...
    ```

    Numerics: bitwise for what has no kernel, by definition.
  }];
  let options = [ListOption<"kernels", "kernels", "std::string", "names of the operations for which the target has kernels">,
                 Option<"mostShared", "most-shared", "int64_t", "0",
                        "bytes of shared memory of a block on a GPU, which bounds the widths; 0: a CPU, whose scratch does">];
  let statistics = [Statistic<"numDecomposed", "decomposed", "Number of operations decomposed">];
  let dependentDialects = ["::dsc::prim::PrimDialect"];
}

def JoinProjections : Pass<"join-projections", "::mlir::ModuleOp"> {
  let summary = "projections of one input by several constant weights become one contraction";
  let description = [{
    Contractions of one value with constant matrices along the same dimension, as the down-projections of queries and latent rows or the projections of
    queries, keys and values: the input is read once, by one launch, whose result holds those of all side by side. The weights become one constant
    (`#dsc.joined`), of which no copy is made; their transposes go.

    ```mlir
    %q = prim.dot %x, %wq batch [] x [] contract [1] x [0] : tensor<3x64xf32>, tensor<64x96xf32> -> tensor<3x96xf32>
    %c = prim.dot %x, %wc batch [] x [] contract [1] x [0] : tensor<3x64xf32>, tensor<64x40xf32> -> tensor<3x40xf32>
    // becomes
    %w = prim.constant #dsc.joined<[#wq, #wc] axis 1> : tensor<64x136xf32>
    %0 = prim.dot %x, %w batch [] x [] contract [1] x [0] : tensor<3x64xf32>, tensor<64x136xf32> -> tensor<3x136xf32>
    %q = prim.slice %0 starts [0, 0] steps [1, 1] : tensor<3x136xf32> -> tensor<3x96xf32>
    %c = prim.slice %0 starts [0, 96] steps [1, 1] : tensor<3x136xf32> -> tensor<3x40xf32>
    ```

    Stays apart: a result that its consumers would have to copy out of the wider rows (an output of the entry, the operand of another contraction); results that
    meet again element by element, as gate and up, which are one kernel already; a weight that any entry also uses otherwise, since the engine would
    hold it twice; a weight whose columns are not whole 16 bytes, which would misalign the rows of all; weights that are chosen by indices, or quantised. With
    `panels`, results also stay apart when the panels of the joined weight cost more than the launches that it saves: padding, or narrower ones.

    Numerics: bitwise; every column is summed as before.
  }];
  let options = [Option<"panels", "panels", "bool", "false", "weights will lie in panels, as on a CPU">];
  let statistics = [Statistic<"numJoined", "joined", "Number of contractions that became parts of another">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect"];
}

// ---- plan -------------------------------------------------------------------------------------------

def FormKernels : Pass<"form-kernels", "::mlir::ModuleOp"> {
  let summary = "prim entries become kernels and their launches";
  let description = [{
    Elementwise and layout operations fold into the one operation that consumes them; reductions, contractions, scatters and
    values with several consumers stand in memory. Each such tree becomes a `plan.kernel` over symbols of its own (s0, s1, ... in the
    order of their first occurrence); trees that are equal in text are one kernel. Reshapes of values in memory are
    views and stay in the entry. States are written in place through `aliases` and `strides`. With `pack-weights`, the constant operand
    of a contraction becomes a `plan.pack`: the engine holds it in the panels that the contraction's kernel reads. With `bf16-dot` too, panels of bf16 weights hold pairs along the
    contracted dimension, for the instruction that multiplies them: another numeric class, whose bits differ from f32 multiply-adds.

    ```mlir
    func.func @main(%a: tensor<?xf32, #prim.shape<"n">>, %b: tensor<?xf32, #prim.shape<"n">>) -> ... {
      %0 = prim.binary add %a, %b : ...
      %1 = prim.unary exp %0 : ...
      return %1 : ...
    // becomes
    plan.kernel @exp sizes ["s0"] strides [unit, unit, unit] aliases [-1] { ... }
    func.func @main(...) {
      %0 = plan.launch @exp sizes ["n"] (%a, %b) : ...
      return %0 : ...
    ```

    Numerics: bitwise.
  }];
  let options = [Option<"maxOps", "max-ops", "unsigned", "24", "operations in a kernel at most">,
                 Option<"packWeights", "pack-weights", "bool", "false", "constant operands of contractions lie in panels">,
                 Option<"groupRows", "group-rows", "int64_t", "0", "rows of a group that chose one matrix, at most; 0: 48 with pack-weights, else no groups">,
                 Option<"bf16Dot", "bf16-dot", "bool", "false", "bf16 weights in pairs along the contracted dimension">];
  let statistics = [Statistic<"numLaunches", "launches", "Number of launches">,
                    Statistic<"numKernels", "kernels", "Number of different kernels">];
  let dependentDialects = ["::dsc::prim::PrimDialect", "::dsc::model::DscDialect", "::dsc::plan::PlanDialect"];
}

def PlanMemory : Pass<"plan-memory", "::mlir::func::FuncOp"> {
  let summary = "launch outputs get slots of the session's arena";
  let description = [{
    A slot is a piece of the arena that several values use one after another; its size is an expression over the entry's
    symbols, the largest of its values. A value takes a free slot, one whose size is provably equal if possible. A size
    that needs a symbol defined in mid-run gets a slot of that epoch.

    ```mlir
    %0 = plan.launch @k sizes ["n"] (%a) : ...
    // becomes
    func.func @main(...) attributes {plan.slot_bytes = #prim.shape<"4*n">, plan.slot_epochs = array<i64: 0>}
      %0 = plan.launch @k sizes ["n"] (%a) slots [0] : ...
    ```

    Numerics: bitwise.
  }];
  let statistics = [Statistic<"numSlots", "slots", "Number of slots">, Statistic<"numValues", "values", "Number of values in slots">];
  let dependentDialects = ["::dsc::plan::PlanDialect"];
}

#endif
