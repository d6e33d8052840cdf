# cmake --install: programs in bin/, what they read and what people read in share/pgolf/, which pgolf finds beside itself.
# Programs are copied as they are: pgolf knows its engine by the engine's bytes.
install(PROGRAMS $<TARGET_FILE:pgolf> $<TARGET_FILE:pgolf-engine> DESTINATION bin)
install(DIRECTORY submissions rules docs DESTINATION share/pgolf)
install(FILES README.md CHANGELOG.md LICENSE NOTICE DESTINATION share/pgolf)
install(CODE [[
  set(root "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
  foreach(script bash=bash-completion/completions/pgolf zsh=zsh/vendor-completions/_pgolf
                 fish=fish/vendor_completions.d/pgolf.fish)  # where these shells look under /usr
    string(REPLACE "=" ";" script "${script}")
    list(GET script 0 shell)
    list(GET script 1 file)
    cmake_path(GET file PARENT_PATH folder)
    file(MAKE_DIRECTORY "${root}/share/${folder}")
    execute_process(COMMAND "${root}/bin/pgolf" completion ${shell}
                    OUTPUT_FILE "${root}/share/${file}" COMMAND_ERROR_IS_FATAL ANY)
    message(STATUS "Installing: ${root}/share/${file}")
  endforeach()
]])
if(PGOLF_TESTS)
  add_test(NAME Install COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DVERSION=${PROJECT_VERSION}
                                -DSOURCE=${PROJECT_SOURCE_DIR} -P ${PROJECT_SOURCE_DIR}/cmake/check_install.cmake)
  set_tests_properties(Install PROPERTIES LABELS install)
endif()
