#include "harness/bundle/signature.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

int no_passphrase(char*, int, int, void*) { return -1; }  // nobody is asked for one

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

using ReadPem = EVP_PKEY* (*)(BIO*, EVP_PKEY**, pem_password_cb*, void*);

Key read_pem(ReadPem read, std::string_view pem) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(read(bio.get(), nullptr, no_passphrase, nullptr));
  if (key && EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) key.reset();
  return key;
}

Key private_key(std::string_view pem, const std::string& name) {
  Key key = read_pem(PEM_read_bio_PrivateKey, pem);
  if (!key)
    fail(ErrorKind::usage,
         "{}: no private Ed25519 key as PEM without a passphrase; `openssl genpkey -algorithm ed25519` makes one",
         name);
  return key;
}

// The public half of either.
Key public_key(std::string_view pem, const std::string& name) {
  Key key = read_pem(PEM_read_bio_PUBKEY, pem);
  if (!key) key = read_pem(PEM_read_bio_PrivateKey, pem);
  if (!key)
    fail(ErrorKind::usage, "{}: no Ed25519 key as PEM; `openssl pkey -in KEY -pubout` gives the public one", name);
  return key;
}

}  // namespace

std::string sign_ed25519(std::string_view private_pem, std::string_view message, const std::string& name) {
  const Key key = private_key(private_pem, name);
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  std::string out(64, '\0');
  size_t size = out.size();
  const bool signed_it = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                         EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                                        bytes_of(message), message.size()) == 1;
  check(signed_it && size == out.size(), "Ed25519: a signature of {} bytes", size);
  return out;
}

bool verifies_ed25519(std::string_view public_pem, std::string_view message, std::string_view signature,
                      const std::string& name) {
  const Key key = public_key(public_pem, name);
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

std::string key_id(std::string_view pem, const std::string& name) {
  const Key key = public_key(pem, name);
  const int size = i2d_PUBKEY(key.get(), nullptr);
  check(size > 0, "{}: its public half cannot be written", name);
  std::string der(static_cast<size_t>(size), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_PUBKEY(key.get(), &at);
  return sha256_hex(der);
}

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and the zero that OpenSSL writes
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0 || static_cast<size_t>(size) < padding) return std::nullopt;
  out.resize(static_cast<size_t>(size) - padding);
  if (to_base64(out) != text) return std::nullopt;  // blanks, which OpenSSL forgives, and bits beyond the end
  return out;
}

}  // namespace pgolf
