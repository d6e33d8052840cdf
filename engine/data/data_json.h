// JSON of this room's structs, as files hold it and `--json` prints it. Apart, because the JSON header is a heavy one.
#pragma once

#include "base/json.h"
#include "engine/data/manifest.h"
#include "engine/data/prepare.h"
#include "engine/data/verify.h"

namespace pgolf {

Json to_json(const DataManifest& manifest);
Json to_json(const PrepareResult& result);
Json to_json(const VerifyReport& report);

}  // namespace pgolf
