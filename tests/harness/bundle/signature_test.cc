#include "harness/bundle/signature.h"

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "tests/harness/bundle/keys.h"
#include "tests/support/error_of.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

// RFC 8032, section 7.1, test 2: the message is one byte, 0x72.
TEST(Signature, TheRfcsTest) {
  const std::string message = "\x72";
  const std::string signature = from_hex(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
      "b00d291612bb0c00");
  EXPECT_EQ(sign_ed25519(private_pem(), message, "key.pem"), signature);
  EXPECT_TRUE(verifies_ed25519(public_pem(), message, signature, "pub.pem"));
  for (size_t bit = 0; bit < 8 * signature.size(); bit += 37) {
    std::string other = signature;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(verifies_ed25519(public_pem(), message, other, "pub.pem")) << bit;
  }
  EXPECT_FALSE(verifies_ed25519(public_pem(), "\x73", signature, "pub.pem"));
  EXPECT_FALSE(verifies_ed25519(public_pem(), message, "short", "pub.pem"));
  EXPECT_FALSE(verifies_ed25519(other_public_pem(), message, signature, "pub.pem"));
}

TEST(Signature, AKeyIsKnownByItsPublicHalf) {
  EXPECT_EQ(key_id(private_pem(), "k"), key_id(public_pem(), "k"));
  EXPECT_EQ(key_id(public_pem(), "k"), sha256_hex(from_hex(kSpki) + from_hex(kPublic)));
}

TEST(Signature, WhatIsNoKeyIsRefused) {
  const auto refusal = [](auto&& body) {
    const Error e = error_of(body);
    EXPECT_EQ(e.kind(), ErrorKind::usage) << e.what();
    return std::string(e.what());
  };
  EXPECT_THAT(refusal([] { sign_ed25519("no key", "m", "a.pem"); }), HasSubstr("a.pem: no private Ed25519 key"));
  EXPECT_THAT(refusal([] { sign_ed25519(public_pem(), "m", "a.pem"); }), HasSubstr("no private Ed25519 key"));
  EXPECT_THAT(refusal([] { verifies_ed25519("", "m", "s", "a.pem"); }), HasSubstr("no Ed25519 key as PEM"));
}

// RFC 4648, section 10.
TEST(Signature, Base64) {
  const std::pair<const char*, const char*> known[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : known) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  for (const char* none : {"Zg", "Zg=", "Z===", "Zm9v ", "Zh==", "Z*9v", "Zg==Zg=="})
    EXPECT_FALSE(from_base64(none)) << none;
}

}  // namespace
}  // namespace pgolf
