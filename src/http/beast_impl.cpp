// Beast is compiled here once (BOOST_BEAST_SEPARATE_COMPILATION); no other file pays for it.
#include <boost/beast/src.hpp>
