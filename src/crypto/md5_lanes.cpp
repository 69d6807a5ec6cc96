#include "crypto/md5_kernels.hpp"
#include "labstore/crypto/md5.hpp"

#include <algorithm>

namespace labstore::crypto {
namespace {

using md5_detail::block_bytes;

#if defined(__x86_64__)

/// The kernel for so many messages; null where one after the other is quicker.
md5_detail::kernel* kernel_for(md5_width width, std::size_t messages) noexcept {
    if (messages < 2)
        return nullptr;
    switch (width) {
        case md5_width::scalar:
            break;
        case md5_width::avx2:
            return md5_detail::hash_8_avx2;
        case md5_width::avx512:
            return messages <= 4 ? md5_detail::hash_4_avx512 : md5_detail::hash_16_avx512;
    }
    return nullptr;
}

#else

md5_detail::kernel* kernel_for(md5_width, std::size_t) noexcept {
    return nullptr;
}

#endif

}  // namespace

md5_width widest_md5() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
        return md5_width::avx512;
    if (__builtin_cpu_supports("avx2"))
        return md5_width::avx2;
#endif
    return md5_width::scalar;
}

md5_lanes::md5_lanes(md5_width width) : width_(width) {
    LABSTORE_ASSERT(width <= widest_md5());
    active_.reserve(jobs_max);
    done_.reserve(jobs_max);
}

void md5_lanes::add(md5_job& job) noexcept {
    LABSTORE_ASSERT(!full());
    job.bytes = job.sum->complete_block(job.bytes);
    active_.push_back(&job);
}

std::span<md5_job* const> md5_lanes::run() noexcept {
    done_.clear();
    const auto rest_is_short = [this](md5_job* job) {
        if (job->bytes.size() >= block_bytes)
            return false;
        job->sum->keep(job->bytes);
        done_.push_back(job);
        return true;
    };
    std::erase_if(active_, rest_is_short);
    auto blocks = run_bytes_max / block_bytes;
    for (const auto* job : active_)
        blocks = std::min(blocks, job->bytes.size() / block_bytes);
    if (!active_.empty())
        hash_blocks(blocks);
    std::erase_if(active_, rest_is_short);
    return done_;
}

void md5_lanes::hash_blocks(std::size_t blocks) noexcept {
    const auto width = static_cast<std::size_t>(width_);
    for (std::size_t first = 0; first < active_.size(); first += width) {
        const auto group = std::span(active_).subspan(first, std::min(width, active_.size() - first));
        if (auto* const run_kernel = kernel_for(width_, group.size())) {
            md5_detail::lane_states states{};
            std::array<const std::byte*, md5_detail::lanes_max> in;
            // Lanes without a message work on the first one's bytes; what comes of it is not looked at.
            in.fill(group.front()->bytes.data());
            for (std::size_t lane = 0; lane < group.size(); ++lane) {
                in[lane] = group[lane]->bytes.data();
                for (std::size_t word = 0; word < states.words.size(); ++word)
                    states.words[word][lane] = group[lane]->sum->words_[word];
            }
            run_kernel(states, in.data(), blocks);
            for (std::size_t lane = 0; lane < group.size(); ++lane)
                for (std::size_t word = 0; word < states.words.size(); ++word)
                    group[lane]->sum->words_[word] = states.words[word][lane];
        } else {
            for (auto* job : group)
                md5_detail::hash_scalar(job->sum->words_, job->bytes.data(), blocks);
        }
    }
    for (auto* job : active_) {
        job->bytes = job->bytes.subspan(blocks * block_bytes);
        job->sum->size_bytes_ += blocks * block_bytes;
    }
}

}  // namespace labstore::crypto
