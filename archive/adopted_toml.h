// The submission.toml of an adopted publication (docs/submission.md): a variant of its family, with the publication's
// claims, and what the configuration does not say of it as differences.
#pragma once

#include <string>

#include "archive/adopt.h"

namespace pgolf {

std::string adopted_toml(const std::string& id, const Adoption& adoption, const PublishedFolder& folder);

}  // namespace pgolf
