# The CPU definition of a room once more with float64 in the place of float32, for tests that ask how exact float32 is:
# library <room>_float64, namespace pgolf_float64. tests/float64/prelude.h does it, as what every source includes first.
function(pgolf_float64_library name)  # SOURCES... DEPS...
  cmake_parse_arguments(FLOAT64 "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${FLOAT64_SOURCES})
  target_include_directories(${name} BEFORE PRIVATE ${PROJECT_SOURCE_DIR}/tests/float64)
  if(TARGET engine_core_float64 AND NOT name STREQUAL engine_core_float64)
    target_precompile_headers(${name} REUSE_FROM engine_core_float64)
  else()
    target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/float64/prelude.h)
  endif()
  target_compile_options(${name} PRIVATE -fopenmp-simd)
  target_link_libraries(${name} PUBLIC ${FLOAT64_DEPS} PRIVATE pgolf_warnings PkgConfig::OPENBLAS ${LAPACKE_LIBRARY})
endfunction()

# pgolf_float64(engine/ops WITHOUT file.cc DEPS engine_core_float64): WITHOUT what needs no floats, a GPU or files.
function(pgolf_float64 path)
  cmake_parse_arguments(FLOAT64 "" "" "WITHOUT;DEPS" ${ARGN})
  string(REPLACE "/" "_" name ${path})
  file(GLOB sources CONFIGURE_DEPENDS ${path}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_cuda\\.cc$")
  foreach(file IN LISTS FLOAT64_WITHOUT)
    list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/${path}/${file})
  endforeach()
  pgolf_float64_library(${name}_float64 SOURCES ${sources} DEPS ${FLOAT64_DEPS} ${name} tests_support)
endfunction()
