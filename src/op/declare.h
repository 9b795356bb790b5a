#pragma once
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "op/operation.h"

namespace sg::op {

template <class V>
struct Unwrapped {
  using Type = V;
  static constexpr bool optional = false;
};
template <class V>
struct Unwrapped<std::optional<V>> {
  using Type = V;
  static constexpr bool optional = true;
};

/// A pointer to a member of T, or a function T& → member& (for members of members).
template <class A, class T>
concept Accessor = std::is_lvalue_reference_v<std::invoke_result_t<A, T&>>;

/// Declares an operation once; commands, schema, pages and tests are read off it. T is a plain struct of
/// inputs, parameters and outputs whose initialisers are the defaults.
///
///   op::Operation despeckle_operation() {
///     return op::Declare<Despeckle>("ultrasound.despeckle", "Removes multiplicative speckle.")
///         .description("Explicit or implicit nonlinear diffusion …")
///         .input(&Despeckle::image, "image", "B-mode image, linear intensity >
///         0").modality("US").dimensions(2) .param(&Despeckle::lambda, "lambda", "weight of the fidelity
///         term").in(0, 10).unit("1") .param(&Despeckle::scheme, "scheme", "time
///         stepping").one_of({"explicit", "aos", "fed"}) .output(&Despeckle::denoised, "denoised", "same grid
///         as image") .output(&Despeckle::enl, "enl", "equivalent number of looks in the
///         background").unit("1") .cites("Perona & Malik 1990, doi:10.1109/34.56205") .example("--image
///         phantom.png --denoised out.png", {"enl > 8"}) .run(run); // void run(Despeckle&, const Context&)
///   }
///
/// Members may be bool, int, int64, double, std::string, Vec3, std::vector<double|int>, an enum with
/// enumerators 0…n−1 (written out); Image, Volume<float>, Volume<uint8> (a picture), LabelMap, Transform,
/// Field, Mesh, Points, Table, Signal, Document, io::ImageFolder (a folder of images), io::Described
/// (any file), report::Report (files); or
/// std::optional of these. An optional input or parameter may be left out; an optional output is engaged
/// before the run if and only if it was asked for, so that the run can skip it. Modifiers apply to the field
/// declared last. The run sees values, never paths.
template <class T>
class Declare {
 public:
  /// name: "module.verb" or "module.verb_noun"; summary: one sentence ending in a full stop.
  Declare(std::string name, std::string summary) {
    operation_.name = std::move(name);
    operation_.summary = std::move(summary);
    operation_.make = [] { return std::static_pointer_cast<void>(std::make_shared<T>()); };
  }

  /// Plain text, paragraphs separated by empty lines: the method, its assumptions, its limits.
  Declare& description(std::string text) { return operation_.description = std::move(text), *this; }

  template <Accessor<T> A>
  Declare& input(A member, std::string name, std::string help) {
    return add(Role::input, member, std::move(name), std::move(help));
  }
  template <Accessor<T> A>
  Declare& param(A member, std::string name, std::string help) {
    return add(Role::parameter, member, std::move(name), std::move(help));
  }
  template <Accessor<T> A>
  Declare& output(A member, std::string name, std::string help) {
    return add(Role::output, member, std::move(name), std::move(help));
  }

  /// The command line takes it without its name: `shaoguang image info FILE`.
  Declare& positional() { return last().positional = true, *this; }
  Declare& modality(std::string code) { return last().modality = std::move(code), *this; }
  /// 3: a single 3-D volume; 2: a single 2-D image. Series, colour and the other are refused with a clear
  /// error.
  Declare& dimensions(int count) { return last().dimensions = count, *this; }
  /// Both ends included; of every component of a vector.
  Declare& in(double low, double high) { return last().low = low, last().high = high, *this; }
  Declare& at_least(double low) { return last().low = low, *this; }
  /// Required on every real or vector field; "1" for a plain number.
  Declare& unit(std::string unit) { return last().unit = std::move(unit), *this; }
  /// The names of the enumerators 0…n−1.
  Declare& one_of(std::vector<std::string> names) { return last().choices = std::move(names), *this; }
  /// An optional output that only this optional input makes possible.
  Declare& needs(std::string input) { return last().needs = std::move(input), *this; }
  /// The document's properties become top-level keys of the result.
  Declare& flattened() { return last().flattened = true, *this; }

  /// One frame of the only input, or a part of it, can be worked on by itself, fast enough to be looked at
  /// while parameters change (op/preview.h).
  Declare& previews() { return operation_.previews = true, *this; }

  Declare& cites(std::string reference) {
    return operation_.citations.push_back(std::move(reference)), *this;
  }
  /// Runs as a test in the example data folder (brain.nii.gz, labels.nii.gz, acquired.nii.gz,
  /// acquired_labels.nii.gz, truth.tfm, …); checks are "dice >= 0.9", "labels[0].name == \"left\"", "exists
  /// out.nii.gz".
  Declare& example(std::string arguments, std::vector<std::string> checks) {
    return operation_.examples.push_back({std::move(arguments), std::move(checks)}), *this;
  }

  /// Ends the declaration.
  template <std::invocable<T&, const Context&> F>
  Operation run(F function) {
    operation_.run = [function](void* object, const Context& context) {
      std::invoke(function, *static_cast<T*>(object), context);
    };
    return std::move(operation_);
  }

 private:
  template <class A>
  Declare& add(Role role, A member, std::string name, std::string help) {
    using Member = std::remove_reference_t<std::invoke_result_t<A, T&>>;
    FieldInfo field;
    field.role = role;
    field.name = std::move(name);
    field.help = std::move(help);
    field.type = &value_type<typename Unwrapped<Member>::Type>();
    field.optional = Unwrapped<Member>::optional;
    field.value = [member](void* object) -> void* {
      Member& value = std::invoke(member, *static_cast<T*>(object));
      if constexpr (Unwrapped<Member>::optional)
        return value ? &*value : nullptr;
      else
        return &value;
    };
    field.engage = [member](void* object) {
      if constexpr (Unwrapped<Member>::optional) {
        Member& value = std::invoke(member, *static_cast<T*>(object));
        if (!value) value.emplace();
      }
    };
    operation_.fields.push_back(std::move(field));
    return *this;
  }
  FieldInfo& last() { return operation_.fields.back(); }  // a modifier follows the field it modifies

  Operation operation_;
};

}  // namespace sg::op
