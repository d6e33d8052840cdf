# A room is a folder: every *.cc in it (but main.cc) is compiled into one static library named after the folder; *.cu and
# *_cuda.cc (host code that needs CUDA's headers) where CUDA is enabled. tests/<room>/*_test.cc (with fixture.cc, what they share) becomes one executable, discovered by CTest.

# pgolf_room(engine/ops DEPS engine_core [PRIVATE OpenBLAS::...])
function(pgolf_room path)
  cmake_parse_arguments(ROOM "" "" "DEPS;PRIVATE" ${ARGN})
  string(REPLACE "/" "_" name ${path})
  file(GLOB sources CONFIGURE_DEPENDS ${path}/*.cc)
  list(FILTER sources EXCLUDE REGEX "main\\.cc$")
  if(PGOLF_WITH_CUDA)
    file(GLOB cuda_sources CONFIGURE_DEPENDS ${path}/*.cu)
    list(APPEND sources ${cuda_sources})
  else()
    list(FILTER sources EXCLUDE REGEX "_cuda\\.cc$")
  endif()
  if(NOT sources)
    file(WRITE ${PROJECT_BINARY_DIR}/generated/${name}_empty.cc "")
    list(APPEND sources ${PROJECT_BINARY_DIR}/generated/${name}_empty.cc)
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(${name} PUBLIC ${ROOM_DEPS} PRIVATE ${ROOM_PRIVATE} pgolf_warnings)
  if(PGOLF_WITH_CUDA)
    target_include_directories(${name} SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
    target_link_libraries(${name} PRIVATE CUDA::cudart_static)
  endif()
  pgolf_room_tests(${path} ${name})
endfunction()

# Tests whose suite or test name contains Golden read PGOLF_GOLDEN_DIR and carry the label `golden`; Gpu, `gpu`.
function(pgolf_room_tests path name)
  file(GLOB tests CONFIGURE_DEPENDS tests/${path}/*_test.cc tests/${path}/*/*_test.cc tests/${path}/fixture.cc)
  if(path MATCHES "^harness/")  # these share fixtures, and harness_test
    return()
  endif()
  if(NOT tests OR NOT PGOLF_TESTS)
    return()
  endif()
  add_executable(${name}_test ${tests})
  target_link_libraries(${name}_test PRIVATE ${name} tests_support GTest::gmock GTest::gtest_main pgolf_warnings)
  target_compile_definitions(${name}_test PRIVATE PGOLF_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                                  PGOLF_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST TEST_FILTER "-*Golden*:*Gpu*"
                       PROPERTIES LABELS "${path}")
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST TEST_FILTER "*Golden*-*Gpu*" TEST_LIST ${name}_golden
                       PROPERTIES LABELS "${path};golden")
  if(PGOLF_WITH_CUDA)
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST TEST_FILTER "*Gpu*" TEST_LIST ${name}_gpu
                         PROPERTIES LABELS "${path};gpu")
  endif()
endfunction()
