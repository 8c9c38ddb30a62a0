// Purpose: laying out a shared heap, and agents that come, go and die.
// Floor:   placement. Shared heaps only.
#pragma once

#include <allot/placement/create.hpp>
#include <allot/placement/shared_growth.hpp>

namespace allot {

template <class Place>
class Agents : public SharedGrowth<Place> {
 public:
  using Base = SharedGrowth<Place>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Agent;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::agent_at;
  using Base::agent_exists;
  using Base::at;
  using Base::header;
  using Base::place;

 public:
  static constexpr u64 address_limit = address_limit_of<Address>;
  static constexpr u64 first_usable(u64 begin) { return round_up(begin, granule_bytes); }

 protected:
  bool is_attached() const { return Base::agent_ref() != 0; }

  /// Lays out an image at image() as Create does, and makes the caller its first agent. A span ends with a page.
  [[gnu::always_inline]] Error lay_out(u64 begin, u64 end, u64 maximum, u64 quota, u32 policy,
                                       bool record_sizes) {
    if (policy >= policy_count || (!Place::Traits::exact && policy == 0) ||
        (Base::policy_is_fixed && policy != static_cast<u32>(Place::Traits::policy)))
      return Error::invalid_policy;
    if (end == 0) end = address_limit;
    if (end > address_limit || begin >= end) return Error::invalid_span;
    begin = first_usable(begin);
    end = round_down(end, page_bytes);
    if (begin >= end) return Error::invalid_span;
    const u64 origin = round_down(begin, page_bytes);
    const Granule first = static_cast<Granule>((begin - origin) >> granule_shift);

    const u8 flags = static_cast<u8>(image_flag::shared |
                                     (record_sizes && Place::Traits::sizes ? image_flag::record_sizes : 0));
    const u32 record_bytes = page_record_bytes(flags);
    const bool exact = policy == static_cast<u32>(Policy::exact);
    constexpr u64 first_agent = sizeof(Header);
    constexpr u64 map_at = first_agent + sizeof(Agent);
    constexpr u64 hints_at = map_at + first_page_map_capacity * sizeof(Address);
    const u32 hint_cap = exact ? 0 : first_hint_cap;
    const u64 records_at = hints_at + hint_bytes(hint_cap, sizeof(Address));
    constexpr u32 first_records = 3;
    const u64 image_bytes = records_at + first_records * record_bytes;
    const Granule image = Base::granules_of(image_bytes);
    const u32 pages = Base::pages_of(u64{first} + image + 1);
    const u64 first_top = origin + (u64{pages} << page_shift);
    if (first_top > end) return Error::invalid_span;

    u64 owned = place().memory.bytes();
    if (owned < first_top) {
      const u64 missing = first_top - round_down(owned, page_bytes);
      if (!place().memory.grow(missing >> page_shift)) return Error::out_of_memory;
      owned = first_top;
    }
    Base::clear_records(Base::image(), image_bytes);

    auto& h = header();
    // Who finds the image before it is whole waits for the lock.
    Base::pointer_to(h.lock).template atomic_set<u32>(1);
    Base::describe({.policy = policy,
                    .flags = flags,
                    .record_bytes = record_bytes,
                    .origin = origin,
                    .begin = begin,
                    .end = end,
                    .maximum = maximum,
                    .quota = quota,
                    .owned_end = owned,
                    .map_at = map_at,
                    .bytes = image_bytes});
    h.room = Base::image() + records_at;
    h.room_bytes = (u64{image} << granule_shift) - records_at;

    place().set_agent(Base::image() + first_agent, 1);
    auto& a = agent();
    Base::make_stacks(Base::image() + hints_at, hint_cap);
    Base::clear_agent(a);
    a.id = 0;
    a.state = Base::in_use;
    a.pages = pages;
    a.kept = first + image;

    for (u32 page = 0; page < pages; ++page) {
      const RecordRef ref = Base::take_room(record_bytes);
      store<u32>(at(ref) + page_record::owner, 1);
      store<u32>(at(ref) + page_record::page, page + 1);
      Base::map_page(page, ref);
    }
    h.granules = pages << granule_page_shift;
    h.top = first_top;
    Base::make(first, image, BlockKind::metadata);
    h.metadata_bytes = u64{image} << granule_shift;
    h.managed_bytes = u64{(pages << granule_page_shift) - first} << granule_shift;
    const Granule free = first + image;
    Base::make(free, h.granules - free, BlockKind::free);
    Base::file(free, h.granules - free);
    // What finds an image by this word finds a whole one.
    h.magic = image_magic;
    Base::seal();
    Base::give_lock();
    return Error::none;
  }

  // --- Coming and going -----------------------------------------------------------------------------

  /// Makes the caller an agent of the heap. Returns its number, or ~error.
  ALLOT_ONCE_UNLESS_SMALL u32 attach_agent(bool may_block) {
    if (is_attached()) return number_at(agent().id);
    if (const Error error = check_kind(); error != Error::none) return ~static_cast<u32>(error);
    if (!Base::take_lock(may_block)) return ~static_cast<u32>(Error::lock_held);
    const u32 number = attach_alone(may_block);
    Base::give_lock();
    return number;
  }

  /// Makes the caller one of the agents that are in use, as it was. Error: no_such_agent.
  Error resume_agent(u32 number) {
    const u32 id = slot_of(number);
    if (agent_state(id) != Base::in_use || number_at(id) != number) return Error::no_such_agent;
    place().set_agent(header().agent[id], id + 1);
    return Error::none;
  }

  /// Gives the caller's free pages back and leaves the rest to whoever wants it. Error: not_attached, lock_held.
  [[gnu::noinline]] Error detach_agent() {
    if (!is_attached()) return Error::not_attached;
    auto& a = agent();
    Base::collect_all();
    if (!Base::exact()) Base::merge_all();
    if (!Base::give_more_than(0)) return Error::lock_held;
    if (!Base::take_lock()) return Error::lock_held;
    a.state = Base::dying;
    finish(a);
    Base::give_lock();
    place().set_agent(0, page_record::nobody);
    return Error::none;
  }

  /// Tidies up after an agent that is known to be dead. Returns the granule + 1 of the block that it was
  /// allocating, 0 when there was none, or ~error: no_such_agent, lock_held, not_attached.
  [[gnu::noinline]] u32 reap_agent(u32 number) {
    if (!is_attached()) return ~static_cast<u32>(Error::not_attached);
    const u32 id = slot_of(number);
    if (id == attaching_agent ? number != id : id > attaching_agent || id == agent().id)
      return ~static_cast<u32>(Error::no_such_agent);
    const bool broken = break_lock(number);
    if (!broken && !Base::take_lock()) return ~static_cast<u32>(Error::lock_held);
    // One that came or had gone, too, if it had the lock.
    u32 lost = broken ? 0 : ~static_cast<u32>(Error::no_such_agent);
    // Another one may have its record by now.
    if (is_number(number)) {
      auto& dead = agent_at(id);
      if (dead.state == Base::in_use || dead.state == Base::dying) {
        dead.state = Base::dying;
        if (!broken) lost = finish(dead);
      }
    }
    if (broken) {
      const u32 found = repair(id);
      if (found != 0) lost = found;
    }
    retell();
    Base::give_lock();
    return lost;
  }

  /// Who holds the lock: 0 nobody, else the agent's number + 1.
  u32 lock_holder() const {
    const u32 holder = u32{header().lock} & ~Base::waited_for;
    return holder - 1 < agent_capacity && agent_exists(holder - 1) ? number_at(holder - 1) + 1 : holder;
  }
  /// Of the agent that has a record, or had it last.
  u32 number_at(u32 id) const { return id | (agent_at(id).lives & (most_lives - 1)) << agent_slot_bits; }
  bool is_number(u32 number) const {
    const u32 id = slot_of(number);
    return id < agent_capacity && agent_exists(id) && number_at(id) == number;
  }
  u32 agent_state(u32 id) const {
    return id < agent_capacity && agent_exists(id) ? u32{agent_at(id).state} : Base::unused;
  }

  /// What can be said of the header while others change it.
  Error check_kind() const {
    const auto& h = header();
    if (h.magic != image_magic || h.self != Base::image()) return Error::not_a_heap;
    if (h.version != image_version) return Error::wrong_version;
    if (!Base::suits_build()) return Error::wrong_address_type;
    return Error::none;
  }

 private:
  u32 attach_alone(bool may_block) {
    auto& h = header();
    if (h.checksum != Base::checksum()) return ~static_cast<u32>(Error::corrupt_image);
    u32 id = find(Base::orphan);
    const bool takes_over = id != agent_capacity;
    if (!takes_over) id = find(Base::unused);
    const bool is_new = id == agent_capacity;
    if (is_new) {
      id = h.agents;
      if (id == agent_capacity) return ~static_cast<u32>(Error::too_many_agents);
      if (const Error error = make_agent(id); error != Error::none) return ~static_cast<u32>(error);
    }
    auto& a = agent_at(id);
    a.state = Base::dying;
    if (!is_new) a.lives = a.lives + 1;
    a.may_block = may_block;
    place().set_agent(h.agent[id], id + 1);
    if (takes_over) {
      Base::forget_filed(a);
      Base::file_free(id + 1);
      Base::pointer_to(a.remote_mask).template fetch_or<u64>(~u64{0});
    }
    // Who ends from now on is reaped by its number: whoever has died with the lock would stay in use.
    // (Somebody may be waiting; who is woken for nothing looks again.)
    Base::pointer_to(h.lock).template exchange<u32>((id + 1) | Base::waited_for);
    a.state = Base::in_use;
    return number_at(id);
  }

  u32 find(u32 state) const {
    for (u32 id = 0; id < agent_capacity; ++id)
      if (Base::is_state(id, state)) return id;
    return agent_capacity;
  }

  Error make_agent(u32 id) {
    const u32 cap = Base::exact() ? 0 : first_hint_cap;
    const RecordRef ref = Base::take_room(sizeof(Agent) + hint_bytes(cap, sizeof(Address)));
    if (ref == 0) return Error::out_of_memory;
    auto& h = header();
    place().set_agent(ref, id + 1);
    Base::make_stacks(ref + sizeof(Agent), cap);
    auto& a = agent();
    a.id = static_cast<u8>(id);
    Base::clear_agent(a);
    h.agent[id] = ref;
    h.agents = id + 1;
    Base::seal();
    return Error::none;
  }

  /// Leaves an agent's pages to whoever wants them. Returns what it was allocating, as reap_agent.
  u32 finish(Agent& a) {
    const u32 lost = Base::restore(a);
    Base::rebuild_runs();
    if (a.pages == 0)
      Base::retire(a);
    else
      a.state = Base::orphan;
    return lost;
  }

  /// Takes the lock from a dead holder. Whoever comes second finds that it is not the holder any more.
  bool break_lock(u32 number) {
    const u32 id = slot_of(number);
    const Pointer word = Base::pointer_to(header().lock);
    const u32 seen = word.template atomic_get<u32>();
    if ((seen & ~Base::waited_for) != id + 1 || (id != attaching_agent && !is_number(number))) return false;
    return word.template compare_exchange<u32>(seen, (seen & Base::waited_for) | Base::lock_tag()) == seen;
  }

  /// Makes what the lock guards consistent, and finishes what its dead holder was about. Returns what agent `id`
  /// was allocating, as reap_agent.
  u32 repair(u32 id) {
    auto& h = header();
    // The memory may have grown for the dead one, before it could say so.
    const u64 have = place().memory.bytes();
    if (h.growing != 0 && have == u64{h.growing} << page_shift && h.owned_end < have) h.owned_end = have;
    h.growing = 0;
    Base::settle_map();
    h.top = Base::mapped_end();
    if (h.owned_end < h.top) h.owned_end = h.top;
    for (u32 i = 0; i < agent_capacity; ++i) {
      if (!Base::is_state(i, Base::adopted)) continue;
      // Blocks reach over pages: all of them must have one owner before they are looked at.
      auto& from = agent_at(i);
      Base::change_owner(i + 1, from.adopter);
      Base::retire(from);
    }
    u32 lost = 0;
    u32 agents = 0;
    for (u32 i = 0; i < agent_capacity; ++i) {
      if (!agent_exists(i)) continue;
      agents = i + 1;
      auto& a = agent_at(i);
      if (a.state != Base::dying) continue;
      const u32 found = Base::restore(a);
      if (i == id) lost = found;
      if (a.pages == 0)
        Base::retire(a);
      else
        a.state = Base::orphan;
    }
    h.agents = agents;
    Base::rebuild_runs();
    count_again();
    Base::seal();
    return lost;
  }

  /// The header's sums, and the room for records, from the pages.
  void count_again() {
    auto& h = header();
    u64 managed = u64{Base::page_count()} << page_shift;
    managed -= h.begin - h.origin;
    u64 metadata = 0;
    for (u32 page = 0; page < Base::page_count(); ++page) {
      const Pointer r = Base::record(page);
      if (load<u32>(r + page_record::flags) & page_record::gap)
        managed -= page_bytes;
      else if (Base::owner_of(r) == page_record::everybody)
        metadata += page_bytes;
    }
    const Granule first = Base::begin_granule();
    metadata += u64{Base::size_at(first)} << granule_shift;
    h.managed_bytes = managed;
    h.metadata_bytes = metadata;
    h.room_bytes = 0;
    if (h.room <= h.origin || h.room > Base::mapped_end()) return;
    const Granule last = static_cast<Granule>((h.room - 1 - h.origin) >> granule_shift);
    const Granule extent = Base::enclosing_start(last);
    if (extent == granule_limit || Base::kind_at(extent) != BlockKind::metadata) return;
    const u64 end = h.origin + (u64{extent + Base::size_at(extent)} << granule_shift);
    if (end > h.room) h.room_bytes = end - h.room;
  }

  /// Tells all owners of the blocks in their pages that others have freed, as a dead agent may have been about to.
  void retell() {
    for (u32 page = 0; page < Base::page_count(); ++page)
      for (u32 i = 0; i < Base::words_per_page; ++i)
        if (load<u64>(Base::record(page) + page_record::remote + i * 8) != 0)
          Base::tell_owner(Base::record(page), page, i);
  }
};

}  // namespace allot
