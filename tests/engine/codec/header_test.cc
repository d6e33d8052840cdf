#include "engine/codec/header.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pgolf {
namespace {

std::string refusal(const std::string& text) {
  try {
    read_header(text, "f");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::submission);
    return e.what();
  }
  return "";
}

std::string with(const std::string& sections, const std::string& tensors) {
  return R"({"metadata":"{}","sections":[)" + sections + R"(],"tensors":[)" + tensors + "]}";
}

TEST(ArtifactHeader, RefusesWhatTheWriterCannotWrite) {
  const std::string section = R"(["w","zstd","plain",0,6,9])", tensor = R"(["w","int5",[2,3],[["q","i8",[2,3],0]]])";
  EXPECT_EQ(refusal(with(section, tensor)), "");
  struct Case {
    std::string text;
    const char* says;
  };
  const Case cases[] = {
      {"[]", "does not start with '{'"},
      {"{}", "no text 'metadata'"},
      {R"({"metadata":"","metadata":""})", "twice"},
      {R"({"metadata":""})", "no list 'sections'"},
      {with("1", ""), "wrong form"},
      {with(R"(["w","gzip","plain",0,6,9])", tensor), "unknown kind \"gzip\""},
      {with(R"(["w","zstd","plain",256,6,9])", tensor), "stride"},
      {with(R"(["w","zstd","plain",0,2000000000,9])", tensor), "too large"},
      {with(R"(["w","zstd","plain",0,-6,9])", tensor), "no count"},
      {with(R"(["w","zstd","plain",0,7,9])", tensor), "its parts need 6"},
      {with(section, R"(["w","int5",[2,3],[["q","i8",[2,3],1]]])"), "section that does not exist"},
      {with(section, R"(["w","int5",[2,3],[["q","i9",[2,3],0]]])"), "unknown kind \"i9\""},
      {with(section, R"(["w","int5",[2,3],[["q","i8",[4294967296,4294967296],0]]])"), "too large"},
      {with(section, R"(["w","int5",[2,3],[["q","i8",[0,99999999999],0]]])"), "too large"},
      {with(section, R"(["w","int5",[2,3],[["q","i8",[1,3],0],["q","i8",[1,3],0]]])"), "twice"},
      {with(R"(["w","zstd","sorted",0,12,9])", R"(["w","int5",[2,3],[["q","f16",[2,3],0]]])"), "no int8 matrix"},
      {with(section + R"(,["x","zstd","plain",0,0,9])", tensor), "no parts"},
  };
  for (const auto& c : cases)
    EXPECT_NE(refusal(c.text).find(c.says), std::string::npos) << c.text << "\n  " << refusal(c.text);
}

}  // namespace
}  // namespace pgolf
