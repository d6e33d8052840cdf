// Compressed scripts of the forms that the challenge's pull requests ship (stubs/*.py, made with Python's own modules).
#include "resolve/code_stub.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace pgolf {
namespace {

std::string stub(const std::string& name) {
  return read_text(std::filesystem::path(PGOLF_SOURCE_DIR) / "tests/resolve/stubs" / (name + ".py"));
}

// What all of them hold.
std::string program() {
  std::string out;
  for (uint32_t i = 0; i < 60; ++i) out += fmt::format("print('{}')\n", i * i * 2654435761u);
  return out;
}

TEST(CodeStub, EachFormIsUnwrapped) {
  for (const auto& [name, how] : {std::pair("lzma_raw", "LZMA in base85"),
                                  {"lzma_xz", "LZMA in base85"},
                                  {"lzma_alone", "LZMA in base64"},
                                  {"zlib", "zlib in base85"},
                                  {"side_by_side", "LZMA in base85"},
                                  {"run_path", "LZMA in base85"},
                                  {"variable", "LZMA in base85"},
                                  {"nested", "LZMA in base85 in zlib in base64"}}) {
    const auto out = unwrap_code(stub(name));
    ASSERT_TRUE(out) << name;
    EXPECT_EQ(out->text, program()) << name;
    EXPECT_EQ(out->how, how) << name;
  }
}

TEST(CodeStub, WhatIsNoneStaysAsItIs) {
  EXPECT_FALSE(unwrap_code(program()));
  EXPECT_FALSE(unwrap_code(""));
  EXPECT_FALSE(unwrap_code(stub("damaged")));
  EXPECT_FALSE(unwrap_code(stub("table")));  // a script with compressed data in it
  const std::string whole = stub("lzma_xz");
  for (size_t size = 0; size < whole.size(); size += 7) EXPECT_FALSE(unwrap_code(whole.substr(0, size / 2))) << size;
  for (const char* text : {"exec(lzma.decompress(base64.b85decode(", "exec(lzma.decompress(b85decode(x)))",
                           "exec(lzma.decompress(b85decode(open('a').read())))", "exec(zlib.decompress(b64decode('')))",
                           "exec(lzma.decompress(b85decode('\"')))", "exec(lzma.decompress(b85decode('~~~~~')))"})
    EXPECT_FALSE(unwrap_code(text)) << text;
}

TEST(CodeStub, WhatGrowsBeyondTheBoundIsNotLookedInto) {
  EXPECT_LT(stub("bomb").size(), 10'000u);
  EXPECT_FALSE(unwrap_code(stub("bomb")));
  EXPECT_FALSE(unwrap_code(stub("lzma_raw") + std::string(kMaxStubBytes, '#')));
}

}  // namespace
}  // namespace pgolf
