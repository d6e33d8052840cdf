# cpack -G DEB, or -G TGZ, in the build folder: what cmake --install installs, as one file (docs/install.md). The
# preset `package` builds for other machines than this one. Programs keep every byte: pgolf knows its engine by them.
set(CPACK_PACKAGE_NAME pgolf)
set(CPACK_PACKAGE_VENDOR "pgolf contributors")
set(CPACK_PACKAGE_CONTACT "pgolf contributors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "reproducible harness for the Parameter Golf challenge")
set(CPACK_PACKAGE_DESCRIPTION
    "Trains, packs, evaluates and judges submissions of OpenAI's Parameter Golf under its limits,\n\
 keeps the evidence in a record, and checks what others published.")
set(CPACK_STRIP_FILES OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "bubblewrap, lrzip, perl-doc")  # programs that runs call, and the demo's text
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
include(CPack)
