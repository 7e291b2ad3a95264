// SPDX-License-Identifier: Apache-2.0
// Which entry of an engine reads a prompt, which goes on, and what their inputs mean. Roles are
// assigned by name: input_ids, position_ids, attention_mask (also attention_mask.<kind>).
#ifndef DSC_TOOLS_DSC_GENERATEROLES_H
#define DSC_TOOLS_DSC_GENERATEROLES_H

#include "tools/dsc/RuntimeHandles.h"

namespace dsc {

struct GenerateEntries {
  size_t prompt = 0, next = 0; // the same one where one entry serves alone
  bool stateless = false;      // no cache: every token runs the whole text
};

// Throws Failure(ExitUsage) when the engine has nothing that generates, or takes an input without a
// role.
GenerateEntries chooseGenerateEntries(const EngineHandle &engine);

// Feeds tokens to a session, one sequence.
class TokenFeeder {
public:
  TokenFeeder(const EngineHandle &engine, SessionHandle &session);
  // Appends tokens; the logits after the last of them.
  std::vector<float> feed(const std::vector<int64_t> &tokens);

private:
  std::vector<float> run(size_t entry, const std::vector<int64_t> &tokens, int64_t past);
  NpyArray fill(const dsc_value_info &input, const std::vector<int64_t> &tokens, int64_t past);
  NpyArray mask(const dsc_value_info &input, int64_t count, int64_t past);
  int64_t cacheSlots(); // positions of a cache of fixed size, 0 where there is none

  const EngineHandle &engine;
  SessionHandle &session;
  GenerateEntries entries;
  std::vector<int64_t> text;
  int64_t fed = 0;
};

} // namespace dsc

#endif
