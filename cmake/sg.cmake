# sg_module(name DEPENDS … PRIVATE …): one shared library sg_<name> from the .cpp files of its folder, and beside it
# one test executable (<topic>_test.cpp), one benchmark executable (<topic>_bench.cpp) and, with SG_FUZZ, one libFuzzer
# executable a <topic>_fuzz.cpp, and <name>_seeds from seeds_main.cpp, which writes the files that fuzzing begins with.
# <topic>_itk_test.cpp go to an executable of their own, <name>_itk_test, which is left out where ITK is not installed.
#   DEPENDS  the project's own modules it may use (PUBLIC); each must have been declared before: dependencies go down only
#   FOLDERS  folders within its own whose .cpp files belong to it too
#   PUBLIC / PRIVATE  third-party targets
#   TESTS    third-party targets only the tests need
#   ITK      ITK components that <topic>_itk_test.cpp compare with

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(SG_CCACHE ccache)
if(SG_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SG_CCACHE})
endif()
# mold (1.10 … 2.42, its issue 1648) lists functions without code in the table by which exceptions find their handler;
# one in front of a real function hides it, and throwing there ends the program. Used only where this does not happen.
find_program(SG_MOLD mold)
if(SG_MOLD)
  include(CheckCXXSourceRuns)
  set(CMAKE_REQUIRED_LINK_OPTIONS -fuse-ld=mold)
  set(CMAKE_REQUIRED_FLAGS -O2)
  check_cxx_source_runs([[
    #define PAIR(n) \
      __attribute__((cold)) void empty_##n() { __builtin_unreachable(); } \
      __attribute__((cold, noinline)) int thrower_##n() { try { throw n; } catch (int code) { return code - n; } }
    #define FOUR(n) PAIR(n##0) PAIR(n##1) PAIR(n##2) PAIR(n##3)
    #define CALL(n) thrower_##n##0() + thrower_##n##1() + thrower_##n##2() + thrower_##n##3()
    FOUR(1) FOUR(2) FOUR(3) FOUR(4) FOUR(5) FOUR(6)
    int main() { return CALL(1) + CALL(2) + CALL(3) + CALL(4) + CALL(5) + CALL(6); }
    ]] SG_MOLD_UNWINDS)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  unset(CMAKE_REQUIRED_FLAGS)
  if(SG_MOLD_UNWINDS)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
                    -Woverloaded-virtual -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlaps and overflows in std::string and std::vector that are not there (GCC bugs 105329, 105762).
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(SG_WERROR)
  add_compile_options(-Werror)
endif()
if(SG_SANITIZE)
  # vptr needs type information that libraries (SOCI) keep to themselves
  add_compile_options(-fsanitize=${SG_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${SG_SANITIZE})
endif()
if(SG_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address -g)
  add_link_options(-fsanitize=address)
elseif(NOT SG_SANITIZE)
  add_link_options(-Wl,--no-undefined)
endif()

find_package(Threads REQUIRED)
if(SG_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

function(sg_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;FOLDERS;PUBLIC;PRIVATE;TESTS;ITK" ${ARGN})
  foreach(dependency IN LISTS ARG_DEPENDS)
    if(NOT TARGET sg_${dependency})
      message(FATAL_ERROR "module ${name} depends on ${dependency}, which is not declared before it: "
                          "dependencies go down only (see the order in CMakeLists.txt)")
    endif()
  endforeach()
  list(TRANSFORM ARG_DEPENDS PREPEND sg_)

  list(TRANSFORM ARG_FOLDERS APPEND /*.cpp)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp ${ARG_FOLDERS})
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(itk_tests ${tests})
  list(FILTER itk_tests INCLUDE REGEX "_itk_test\\.cpp$")
  list(FILTER tests EXCLUDE REGEX "_itk_test\\.cpp$")
  set(benches ${sources})
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  set(fuzzers ${sources})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|_bench|_fuzz|main)\\.cpp$")

  add_library(sg_${name} SHARED ${sources})
  target_include_directories(sg_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(sg_${name} PUBLIC ${ARG_DEPENDS} ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} Threads::Threads)

  if(SG_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE sg_${name} ${ARG_PRIVATE} ${ARG_TESTS} GTest::gtest_main)
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES LABELS fast)
  endif()
  if(SG_TESTS AND itk_tests)
    sg_itk_test(${name} SOURCES ${itk_tests} LINK ${ARG_PRIVATE} ${ARG_TESTS} COMPONENTS ${ARG_ITK})
  endif()
  if(SG_BENCHES AND benches)
    find_package(benchmark REQUIRED)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE sg_${name} ${ARG_PRIVATE} benchmark::benchmark_main)
  endif()
  if(SG_FUZZ)
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(target ${fuzzer} NAME_WE)
      add_executable(${target} ${fuzzer})
      target_link_libraries(${target} PRIVATE sg_${name} ${ARG_PRIVATE})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    endforeach()
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/seeds_main.cpp)
      add_executable(${name}_seeds seeds_main.cpp)
      target_link_libraries(${name}_seeds PRIVATE sg_${name})
    endif()
  endif()
endfunction()

# Tests that take ITK as oracle. Their executable is apart so that the others neither load nor include ITK.
function(sg_itk_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;COMPONENTS" ${ARGN})
  find_package(ITK QUIET COMPONENTS ${ARG_COMPONENTS})
  if(NOT ITK_FOUND)
    message(STATUS "module ${name}: ITK not found, its comparison with ITK (${name}_itk_test) is left out")
    return()
  endif()
  add_executable(${name}_itk_test ${ARG_SOURCES})
  target_include_directories(${name}_itk_test SYSTEM PRIVATE ${ITK_INCLUDE_DIRS})
  target_link_libraries(${name}_itk_test PRIVATE sg_${name} ${ARG_LINK} ${ITK_LIBRARIES} GTest::gtest_main)
  gtest_discover_tests(${name}_itk_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES LABELS fast)
endfunction()
