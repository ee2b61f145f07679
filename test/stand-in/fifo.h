// A first-in, first-out queue of operations. It allocates no memory, so queueing cannot fail halfway.

#ifndef STAND_IN_FIFO_H
#define STAND_IN_FIFO_H

#include <memory>

namespace stand_in {

// Operation has a member `Operation* next = nullptr`, which belongs to the queue.
template <class Operation>
class Fifo {
 public:
  Fifo() = default;
  ~Fifo() {
    while (front_ != nullptr) Pop();
  }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  // Owned by the queue; null when it is empty.
  Operation* front() const { return front_; }

  void Push(std::unique_ptr<Operation> operation) {
    Operation* raw = operation.release();
    raw->next = nullptr;
    (front_ == nullptr ? front_ : back_->next) = raw;
    back_ = raw;
  }

  void Pop() {
    std::unique_ptr<Operation> gone(front_);
    front_ = gone->next;
    if (front_ == nullptr) back_ = nullptr;
  }

 private:
  Operation* front_ = nullptr;
  Operation* back_ = nullptr;
};

}  // namespace stand_in

#endif  // STAND_IN_FIFO_H
