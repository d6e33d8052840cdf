# Targets of the house rules: `tidy` runs tests/tidy_test.cc, `format` writes what it asks of clang-format, `clang-tidy`
# runs the checks of .clang-tidy over every C++ source that is compiled here (PGOLF_TIDY_PATHS: a regular expression).
set(PGOLF_TIDY_PATHS "/(base|identity|engine|db|judge|reports|harness)/.*\\.cc$" CACHE STRING "sources of the target clang-tidy")
find_program(PGOLF_CLANG_FORMAT NAMES clang-format-14 clang-format)
find_program(PGOLF_RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)

function(pgolf_tidy)
  add_executable(tidy_test tests/tidy_test.cc tests/tidy/functions.cc tests/tidy/source_tree.cc)
  target_link_libraries(tidy_test PRIVATE GTest::gmock GTest::gtest_main pgolf_warnings)
  target_include_directories(tidy_test PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(tidy_test PRIVATE PGOLF_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME Tidy COMMAND tidy_test --gtest_brief=1)
  set_tests_properties(Tidy PROPERTIES LABELS tidy)
  add_custom_target(tidy COMMAND tidy_test --gtest_brief=1 USES_TERMINAL)
endfunction()

if(PGOLF_CLANG_FORMAT)
  add_custom_target(format COMMAND sh -c "git ls-files '*.cc' '*.h' '*.cu' '*.cuh' | xargs ${PGOLF_CLANG_FORMAT} -i"
                    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
if(PGOLF_RUN_CLANG_TIDY)
  add_custom_target(clang-tidy COMMAND ${PGOLF_RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR} "${PGOLF_TIDY_PATHS}"
                    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()
