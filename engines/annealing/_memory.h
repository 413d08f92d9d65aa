// Arrays aligned to a cache line.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace {

template <class T> class Aligned {
 public:
  explicit Aligned(size_t size) : owned_(new char[size * sizeof(T) + 64]) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(owned_.get());
    data_ = reinterpret_cast<T*>((address + 63) / 64 * 64);
  }
  T* data() { return data_; }
  T& operator[](size_t i) { return data_[i]; }

 private:
  std::unique_ptr<char[]> owned_;
  T* data_;
};

}  // namespace
