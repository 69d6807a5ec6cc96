#include "server/durability_text.hpp"

namespace labstore::server {

std::string durability_name(const config::settings& settings) {
    switch (settings.index.mode) {
        case meta::durability::commit:
            return "commit";
        case meta::durability::interval:
            return "interval=" + std::to_string(settings.index.interval.count());
        case meta::durability::none:
            return "none";
    }
    return {};
}

std::string durability_loss(const config::settings& settings) {
    switch (settings.index.mode) {
        case meta::durability::commit:
            return "nothing that was acknowledged";
        case meta::durability::interval:
            return "changes acknowledged in the last " + std::to_string(settings.index.interval.count()) +
                   " milliseconds and the time of one sync";
        case meta::durability::none:
            return "whatever the kernel had not written yet, usually the changes of the last half minute";
    }
    return {};
}

}  // namespace labstore::server
