# Run by cmake/identity.cmake once the engine is built: -DENGINE=FILE -DRULESETS=FILE;... -DOUT=FILE
file(SHA256 ${ENGINE} PGOLF_ENGINE_SHA256)
set(PGOLF_RULESETS "")
foreach(ruleset_file IN LISTS RULESETS)
  get_filename_component(ruleset_id ${ruleset_file} NAME_WLE)
  file(SHA256 ${ruleset_file} ruleset_sha256)
  string(APPEND PGOLF_RULESETS "{\"${ruleset_id}\", \"${ruleset_sha256}\"}, ")
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/identity.cc.in ${OUT} @ONLY)
