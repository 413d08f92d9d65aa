// Threads that work through passes of numbered tiles; waiting is passive, since a spinning thread would starve the
// one it waits for when cores are shared. Which thread takes which tile never changes a result.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace qopt {

class Barrier {
 public:
  explicit Barrier(int count) : count_(count), missing_(count) {}
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    const size_t round = round_;
    if (--missing_ == 0) {
      missing_ = count_, round_++;
      all_here_.notify_all();
    } else {
      all_here_.wait(lock, [&] { return round != round_; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  int count_, missing_;
  size_t round_ = 0;
};

// Calls work(thread, pass, tile) for every tile of every pass; a pass begins when the one before is finished.
template <class Work> void run_team(int threads, const std::vector<size_t>& tiles, Work work) {
  if (threads <= 1) {
    for (size_t pass = 0; pass < tiles.size(); pass++)
      for (size_t tile = 0; tile < tiles[pass]; tile++) work(0, pass, tile);
    return;
  }
  std::vector<std::atomic<size_t>> next(tiles.size());
  Barrier barrier(threads);
  auto worker = [&](int thread) {
    for (size_t pass = 0; pass < tiles.size(); pass++) {
      for (size_t tile; (tile = next[pass].fetch_add(1)) < tiles[pass];) work(thread, pass, tile);
      barrier.wait();
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; thread++) others.emplace_back(worker, thread);
  worker(0);
  for (std::thread& other : others) other.join();
}

}  // namespace qopt
