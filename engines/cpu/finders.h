// The tables of kernels that an extension has, one a compiler's target, as its Python face offers them: by name, and their
// names. A finder returns its table, or nullptr where the machine cannot run it.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cstddef>
#include <string>

namespace qopt::cpu {

// The table of that name; nullptr where there is none that the machine can run.
template <class Table, size_t N> const Table* table_named(const Table* (*const (&finders)[N])(), const std::string& name) {
  for (auto find : finders)
    if (const Table* found = find(); found && name == found->name) return found;
  return nullptr;
}

// The table of that name, or nullptr with Python's ValueError set.
template <class Table, size_t N> const Table* table_or_error(const Table* (*const (&finders)[N])(), const char* name) {
  const Table* found = table_named(finders, name);
  if (!found) PyErr_Format(PyExc_ValueError, "kernels must be ones that this machine can run, got %s", name);
  return found;
}

// A list of the names that the machine can run, in the finders' order.
template <class Table, size_t N> PyObject* names_of(const Table* (*const (&finders)[N])()) {
  PyObject* list = PyList_New(0);
  for (auto find : finders)
    if (const Table* found = find(); list && found) {
      PyObject* name = PyUnicode_FromString(found->name);
      if (!name || PyList_Append(list, name)) Py_CLEAR(list);
      Py_XDECREF(name);
    }
  return list;
}

}  // namespace qopt::cpu
