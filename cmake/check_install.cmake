# A test: what is installed runs by itself. -DBUILD=DIR -DVERSION=... -DSOURCE=DIR
set(prefix ${BUILD}/install_test)
set(elsewhere ${prefix}/elsewhere)
file(REMOVE_RECURSE ${prefix})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(MAKE_DIRECTORY ${elsewhere})

function(run out)  # the installed pgolf, from another directory
  execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=PGOLF_HOME --unset=PGOLF_RULES --unset=PGOLF_SUBMISSIONS
                          --unset=PGOLF_ENGINE ${prefix}/bin/pgolf ${ARGN}
                  WORKING_DIRECTORY ${elsewhere} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(expect what text expected)
  if(NOT text MATCHES "${expected}")
    message(FATAL_ERROR "${what}: expected '${expected}', got\n${text}")
  endif()
endfunction()

run(text --version)
expect(--version "${text}" "^pgolf ${VERSION}(\\+[0-9a-f]+(\\.edited)?)?\n$")
run(text --help)
expect("default of --submissions" "${text}" "--submissions TEXT=${prefix}/share/pgolf/submissions")
expect("default of --home" "${text}" "--home TEXT=${elsewhere}/runs")
run(text resolve 334)
expect("resolve 334" "${text}" "num_layers = 11")
run(installed --json resolve 334)
execute_process(COMMAND ${BUILD}/pgolf --json --submissions ${SOURCE}/submissions resolve 334 OUTPUT_VARIABLE built
                COMMAND_ERROR_IS_FATAL ANY)
if(NOT installed STREQUAL built)
  message(FATAL_ERROR "the installed pgolf resolves 334 to another configuration")
endif()
run(text ls)
run(text techniques)
expect(techniques "${text}" "XSA")
file(SHA256 ${BUILD}/pgolf-engine built_engine)
file(SHA256 ${prefix}/bin/pgolf-engine installed_engine)
if(NOT built_engine STREQUAL installed_engine)
  message(FATAL_ERROR "the installed engine is not the one that pgolf knows")
endif()
foreach(file bash-completion/completions/pgolf zsh/vendor-completions/_pgolf fish/vendor_completions.d/pgolf.fish
             pgolf/rules pgolf/docs/commands.md pgolf/LICENSE pgolf/NOTICE)
  if(NOT EXISTS ${prefix}/share/${file})
    message(FATAL_ERROR "${prefix}/share/${file} is not installed")
  endif()
endforeach()
file(REMOVE_RECURSE ${prefix})
