# What pgolf knows of its own by content: the engine built with it, and the rulesets that it ships. Both are compiled in, so
# that another engine or an edited ruleset can be told from them.
file(GLOB ruleset_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/*.toml)
set(identity ${PROJECT_BINARY_DIR}/generated/identity.cc)
add_custom_command(OUTPUT ${identity}
  COMMAND ${CMAKE_COMMAND} -DENGINE=$<TARGET_FILE:pgolf-engine> "-DRULESETS=${ruleset_files}" -DOUT=${identity}
          -P ${PROJECT_SOURCE_DIR}/cmake/write_identity.cmake
  DEPENDS pgolf-engine ${ruleset_files} cmake/write_identity.cmake cmake/identity.cc.in VERBATIM)
add_library(harness_identity STATIC ${identity})
target_include_directories(harness_identity PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(harness_run PRIVATE harness_identity)
