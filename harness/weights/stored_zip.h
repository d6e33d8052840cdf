// A zip archive whose files are stored, as torch.save writes them: read in place, nothing is unpacked.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/codec/compress.h"

namespace pgolf {

// Name -> bytes within `file`. Errors: submission, "<origin>: ...", for what is no zip archive, is cut short or
// damaged (CRC-32), or has a file that is compressed, encrypted, named twice or laid over another one.
std::map<std::string, ByteView, std::less<>> read_stored_zip(ByteView file, std::string_view origin);

}  // namespace pgolf
