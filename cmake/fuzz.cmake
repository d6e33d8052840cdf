# libFuzzer programs of fuzz/: PGOLF_FUZZ=ON builds with coverage, AddressSanitizer and UndefinedBehaviorSanitizer, one
# program per target. Without it the room is a library that tests replay corpora with.
if(PGOLF_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "PGOLF_FUZZ=ON needs clang: CXX=clang++ CC=clang cmake ... (packages clang, libclang-rt-14-dev)")
  endif()
  set(PGOLF_TESTS OFF)
  add_compile_options(-g -fno-omit-frame-pointer -fno-sanitize-recover=all
                      -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow)
  add_link_options(-fsanitize=address,undefined)
endif()

# Of the larger rooms only the sources with parsers are built: a whole build with sanitizers takes long.
function(pgolf_fuzzers)
  file(GLOB sources CONFIGURE_DEPENDS fuzz/*.cc)
  list(FILTER sources EXCLUDE REGEX "main\\.cc$")
  set(parsers engine/data/shard.cc harness/bundle/bundle.cc harness/bundle/archive.cc harness/process/event_tail.cc
      judge/ruleset.cc harness/resolve/submission.cc harness/resolve/toml.cc)
  add_library(fuzz STATIC ${sources} ${parsers})
  target_include_directories(fuzz PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(fuzz PUBLIC engine_codec engine_evidence PkgConfig::ARCHIVE PkgConfig::ZSTD pgolf_warnings)
  file(STRINGS fuzz/targets.cc rows REGEX "{\"[a-z]+\", [a-z]+}")
  foreach(row IN LISTS rows)
    string(REGEX MATCH "\"([a-z]+)\"" quoted "${row}")
    set(name ${CMAKE_MATCH_1})
    add_executable(fuzz_${name} fuzz/main.cc)
    target_compile_definitions(fuzz_${name} PRIVATE PGOLF_FUZZ_TARGET="${name}")
    target_link_libraries(fuzz_${name} PRIVATE fuzz)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endfunction()
