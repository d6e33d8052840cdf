// The manifest as JSON. Apart, because the JSON header is a heavy one.
#pragma once

#include "base/json.h"
#include "engine/data/manifest.h"

namespace pgolf {

Json to_json(const DataManifest& manifest);

}  // namespace pgolf
