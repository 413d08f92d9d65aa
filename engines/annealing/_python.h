// Python's buffers and errors, as C++ wants them.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

namespace {

struct PythonError {};  // the interpreter holds the message

class Buffer {
 public:
  explicit Buffer(PyObject* object, bool writable = false) {
    if (PyObject_GetBuffer(object, &view_, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0)))
      throw PythonError();
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { PyBuffer_Release(&view_); }

  size_t size() const { return view_.itemsize ? size_t(view_.len / view_.itemsize) : 0; }
  // The numbers, if they are of the type (a letter of the struct module) and as many as wanted.
  template <class T> T* as(const char* types, size_t wanted) const {
    const char type = view_.format && view_.format[1] == 0 ? view_.format[0] : '?';
    if (std::string(types).find(type) == std::string::npos || view_.itemsize != Py_ssize_t(sizeof(T)) || size() != wanted)
      throw std::invalid_argument("a buffer must hold " + std::to_string(wanted) + " numbers of type " + types + ", got " +
                                  std::to_string(size()) + " of type " + type);
    return static_cast<T*>(view_.buf);
  }
  void* of_type(char type, size_t bytes, size_t wanted) const {
    const char own = view_.format && view_.format[1] == 0 ? view_.format[0] : '?';
    if (own != type || view_.itemsize != Py_ssize_t(bytes) || size() != wanted)
      throw std::invalid_argument("a buffer must hold " + std::to_string(wanted) + " numbers of type " + type + ", got " +
                                  std::to_string(size()) + " of type " + own);
    return view_.buf;
  }

 private:
  Py_buffer view_;
};

class WithoutLock {
 public:
  WithoutLock() : state_(PyEval_SaveThread()) {}
  WithoutLock(const WithoutLock&) = delete;
  ~WithoutLock() { PyEval_RestoreThread(state_); }

 private:
  PyThreadState* state_;
};

// Runs a function that may throw, as Python expects it.
template <class Body> PyObject* guarded(Body body) {
  try {
    return body();
  } catch (const PythonError&) {
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  }
  return nullptr;
}

}  // namespace
