# What pgolf knows of its own by content: the engine built with it, the rulesets and the submissions that it ships. They are
# compiled in, so that another engine, an edited ruleset or another submission of a shipped name can be told from them.
file(GLOB ruleset_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/*.toml)
list(FILTER ruleset_files EXCLUDE REGEX "rulings\\.toml$")  # grows, and is no ruleset
file(GLOB submission_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/submissions/pr-*/submission.toml)
file(GLOB shipped_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/submissions/pr-*/*.json)
list(APPEND shipped_files ${PROJECT_SOURCE_DIR}/rules/rulings.toml)
set(identity ${PROJECT_BINARY_DIR}/generated/identity.cc)
add_custom_command(OUTPUT ${identity}
  COMMAND ${CMAKE_COMMAND} -DENGINE=$<TARGET_FILE:pgolf-engine> "-DRULESETS=${ruleset_files}"
          "-DSUBMISSIONS=${submission_files}" "-DFILES=${shipped_files}" -DOUT=${identity}
          -P ${PROJECT_SOURCE_DIR}/cmake/write_identity.cmake
  DEPENDS pgolf-engine ${ruleset_files} ${submission_files} ${shipped_files} cmake/write_identity.cmake cmake/identity.cc.in VERBATIM)

# Asked anew in every build, since a commit changes no file that is compiled.
set(version ${PROJECT_BINARY_DIR}/generated/version.cc)
add_custom_target(version_of_tree BYPRODUCTS ${version}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION} -DOUT=${version}
          -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake VERBATIM)
