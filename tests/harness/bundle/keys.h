// Ed25519 keys of RFC 8032, section 7.1, as PEM.
#pragma once

#include <string>
#include <string_view>

#include "harness/bundle/signature.h"

namespace pgolf {

inline constexpr char kSecret[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                      kPublic[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",  // test 2
    kOtherPublic[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",               // test 1
    kPkcs8[] = "302e020100300506032b657004220420",                                                     // RFC 8410
    kSpki[] = "302a300506032b6570032100";

inline std::string from_hex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

inline std::string pem(const char* name, const std::string& der) {
  const std::string dashes = "-----";
  return dashes + "BEGIN " + name + dashes + "\n" + to_base64(der) + "\n" + dashes + "END " + name + dashes + "\n";
}
inline std::string private_pem() { return pem("PRIVATE KEY", from_hex(kPkcs8) + from_hex(kSecret)); }
inline std::string public_pem() { return pem("PUBLIC KEY", from_hex(kSpki) + from_hex(kPublic)); }
inline std::string other_public_pem() { return pem("PUBLIC KEY", from_hex(kSpki) + from_hex(kOtherPublic)); }

}  // namespace pgolf
