# sg_torch: libtorch as a target. Its own TorchConfig.cmake wants CUDA's compiler where it was built with CUDA, which
# machines that only run it do not have; headers and libraries are all that is needed.
#   SG_TORCH  the folder that holds libtorch's include/ and lib/ (pip: …/site-packages/torch); Debian's is found itself

set(SG_TORCH "" CACHE PATH "Folder with libtorch's include and lib")
find_path(SG_TORCH_INCLUDE torch/script.h HINTS ${SG_TORCH}/include)
foreach(library torch torch_cpu c10)
  find_library(SG_TORCH_${library} ${library} HINTS ${SG_TORCH}/lib)
  if(NOT SG_TORCH_${library} OR NOT SG_TORCH_INCLUDE)
    message(FATAL_ERROR "SG_TRAIN needs libtorch: install libtorch-dev or set SG_TORCH to the folder with its include and lib")
  endif()
endforeach()

add_library(sg_torch INTERFACE IMPORTED GLOBAL)
target_include_directories(sg_torch SYSTEM INTERFACE ${SG_TORCH_INCLUDE} ${SG_TORCH_INCLUDE}/torch/csrc/api/include)
target_link_libraries(sg_torch INTERFACE ${SG_TORCH_torch} ${SG_TORCH_torch_cpu} ${SG_TORCH_c10})
get_filename_component(folder ${SG_TORCH_torch_cpu} DIRECTORY)
if(EXISTS ${folder}/libtorch_cuda.so)
  # Nothing refers to it: it announces the device when it is loaded. What it needs in turn it finds itself.
  target_link_libraries(sg_torch INTERFACE
    "-Wl,--no-as-needed,${folder}/libtorch_cuda.so,${folder}/libc10_cuda.so,--as-needed,--allow-shlib-undefined")
endif()

# Wheels before 2.6 were built with the C++ library's older strings; everything that meets them must be too.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES sg_torch)
check_cxx_source_compiles([[
  #include <torch/script.h>
  int main() { return static_cast<int>(torch::Device(std::string("cpu")).type()); }
  ]] SG_TORCH_LINKS)
if(NOT SG_TORCH_LINKS)
  set(CMAKE_REQUIRED_DEFINITIONS -D_GLIBCXX_USE_CXX11_ABI=0)
  check_cxx_source_compiles([[
    #include <torch/script.h>
    int main() { return static_cast<int>(torch::Device(std::string("cpu")).type()); }
    ]] SG_TORCH_LINKS_OLD_STRINGS)
  unset(CMAKE_REQUIRED_DEFINITIONS)
  if(NOT SG_TORCH_LINKS_OLD_STRINGS)
    message(FATAL_ERROR "a program with libtorch (${SG_TORCH_torch}) does not link: see CMakeFiles/CMakeError.log")
  endif()
  add_compile_definitions(_GLIBCXX_USE_CXX11_ABI=0)
endif()

# Headers of the libraries by which processes train together; libtorch itself holds the code.
include(CheckIncludeFileCXX)
check_include_file_cxx(gloo/algorithm.h SG_GLOO_HEADERS)
check_include_file_cxx(nccl.h SG_NCCL_HEADERS)
check_include_file_cxx(cuda_runtime_api.h SG_CUDA_HEADERS)
if(SG_GLOO_HEADERS)
  list(APPEND SG_TRAIN_GROUPS SG_TRAIN_C10D SG_TRAIN_GLOO)
endif()
if(SG_NCCL_HEADERS AND SG_CUDA_HEADERS AND EXISTS ${folder}/libtorch_cuda.so)
  list(APPEND SG_TRAIN_GROUPS SG_TRAIN_C10D SG_TRAIN_NCCL)
endif()
unset(CMAKE_REQUIRED_LIBRARIES)
