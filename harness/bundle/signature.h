// Ed25519 (RFC 8032) by OpenSSL, with keys as PEM files, and Base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgolf {

// A PEM with an Ed25519 key: private ("openssl genpkey -algorithm ed25519"), or public ("openssl pkey -pubout").
// Errors of all three: usage, naming `name`, for what is no such key, or one that a passphrase keeps.
std::string sign_ed25519(std::string_view private_pem, std::string_view message, const std::string& name);
bool verifies_ed25519(std::string_view public_pem, std::string_view message, std::string_view signature,
                      const std::string& name);
// SHA-256 of the public half, as DER (SubjectPublicKeyInfo); of either half.
std::string key_id(std::string_view pem, const std::string& name);

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);  // nothing unless it is Base64, padded

}  // namespace pgolf
