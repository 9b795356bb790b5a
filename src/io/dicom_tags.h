#pragma once
#include "io/dicom_dataset.h"

/// The attributes this module reads, by their keywords in DICOM PS3.6.
namespace sg::io::tag {

inline constexpr DicomTag transfer_syntax_uid{0x0002, 0x0010, "UI"};
inline constexpr DicomTag specific_character_set{0x0008, 0x0005, "CS"};
inline constexpr DicomTag sop_class_uid{0x0008, 0x0016, "UI"};
inline constexpr DicomTag acquisition_time{0x0008, 0x0032, "TM"};
inline constexpr DicomTag content_time{0x0008, 0x0033, "TM"};
inline constexpr DicomTag modality{0x0008, 0x0060, "CS"};
inline constexpr DicomTag manufacturer{0x0008, 0x0070, "LO"};
inline constexpr DicomTag series_description{0x0008, 0x103E, "LO"};
inline constexpr DicomTag manufacturer_model_name{0x0008, 0x1090, "LO"};
inline constexpr DicomTag body_part_examined{0x0018, 0x0015, "CS"};
inline constexpr DicomTag cine_rate{0x0018, 0x0040, "IS"};
inline constexpr DicomTag slice_thickness{0x0018, 0x0050, "DS"};
inline constexpr DicomTag kvp{0x0018, 0x0060, "DS"};
inline constexpr DicomTag repetition_time{0x0018, 0x0080, "DS"};
inline constexpr DicomTag echo_time{0x0018, 0x0081, "DS"};
inline constexpr DicomTag inversion_time{0x0018, 0x0082, "DS"};
inline constexpr DicomTag magnetic_field_strength{0x0018, 0x0087, "DS"};
inline constexpr DicomTag spacing_between_slices{0x0018, 0x0088, "DS"};
inline constexpr DicomTag trigger_time{0x0018, 0x1060, "DS"};
inline constexpr DicomTag frame_time{0x0018, 0x1063, "DS"};
inline constexpr DicomTag frame_time_vector{0x0018, 0x1065, "DS"};
inline constexpr DicomTag imager_pixel_spacing{0x0018, 0x1164, "DS"};
inline constexpr DicomTag convolution_kernel{0x0018, 0x1210, "SH"};
inline constexpr DicomTag flip_angle{0x0018, 0x1314, "DS"};
inline constexpr DicomTag region_spatial_format{0x0018, 0x6012, "US"};
inline constexpr DicomTag region_data_type{0x0018, 0x6014, "US"};
inline constexpr DicomTag ultrasound_regions{0x0018, 0x6011, "SQ"};
inline constexpr DicomTag region_min_x{0x0018, 0x6018, "UL"};
inline constexpr DicomTag region_min_y{0x0018, 0x601A, "UL"};
inline constexpr DicomTag region_max_x{0x0018, 0x601C, "UL"};
inline constexpr DicomTag region_max_y{0x0018, 0x601E, "UL"};
inline constexpr DicomTag physical_units_x{0x0018, 0x6024, "US"};
inline constexpr DicomTag physical_units_y{0x0018, 0x6026, "US"};
inline constexpr DicomTag physical_delta_x{0x0018, 0x602C, "FD"};
inline constexpr DicomTag physical_delta_y{0x0018, 0x602E, "FD"};
inline constexpr DicomTag effective_echo_time{0x0018, 0x9082, "FD"};
inline constexpr DicomTag diffusion_b_value{0x0018, 0x9087, "FD"};
inline constexpr DicomTag mr_echo{0x0018, 0x9114, "SQ"};
inline constexpr DicomTag mr_diffusion{0x0018, 0x9117, "SQ"};
inline constexpr DicomTag cardiac_synchronization{0x0018, 0x9118, "SQ"};
inline constexpr DicomTag series_instance_uid{0x0020, 0x000E, "UI"};
inline constexpr DicomTag acquisition_number{0x0020, 0x0012, "IS"};
inline constexpr DicomTag image_position{0x0020, 0x0032, "DS"};
inline constexpr DicomTag image_orientation{0x0020, 0x0037, "DS"};
inline constexpr DicomTag temporal_position{0x0020, 0x0100, "IS"};
inline constexpr DicomTag temporal_resolution{0x0020, 0x0110, "DS"};
inline constexpr DicomTag slice_location{0x0020, 0x1041, "DS"};
inline constexpr DicomTag frame_content{0x0020, 0x9111, "SQ"};
inline constexpr DicomTag plane_position{0x0020, 0x9113, "SQ"};
inline constexpr DicomTag plane_orientation{0x0020, 0x9116, "SQ"};
inline constexpr DicomTag temporal_position_index{0x0020, 0x9128, "UL"};
inline constexpr DicomTag trigger_delay_time{0x0020, 0x9153, "FD"};
inline constexpr DicomTag dimension_index_values{0x0020, 0x9157, "UL"};
inline constexpr DicomTag samples_per_pixel{0x0028, 0x0002, "US"};
inline constexpr DicomTag photometric_interpretation{0x0028, 0x0004, "CS"};
inline constexpr DicomTag planar_configuration{0x0028, 0x0006, "US"};
inline constexpr DicomTag number_of_frames{0x0028, 0x0008, "IS"};
inline constexpr DicomTag rows{0x0028, 0x0010, "US"};
inline constexpr DicomTag columns{0x0028, 0x0011, "US"};
inline constexpr DicomTag pixel_spacing{0x0028, 0x0030, "DS"};
inline constexpr DicomTag bits_allocated{0x0028, 0x0100, "US"};
inline constexpr DicomTag bits_stored{0x0028, 0x0101, "US"};
inline constexpr DicomTag high_bit{0x0028, 0x0102, "US"};
inline constexpr DicomTag pixel_representation{0x0028, 0x0103, "US"};
inline constexpr DicomTag window_center{0x0028, 0x1050, "DS"};
inline constexpr DicomTag window_width{0x0028, 0x1051, "DS"};
inline constexpr DicomTag rescale_intercept{0x0028, 0x1052, "DS"};
inline constexpr DicomTag rescale_slope{0x0028, 0x1053, "DS"};
inline constexpr DicomTag rescale_type{0x0028, 0x1054, "LO"};
inline constexpr DicomTag palette_descriptor[3] = {
    {0x0028, 0x1101, "US"}, {0x0028, 0x1102, "US"}, {0x0028, 0x1103, "US"}};
inline constexpr DicomTag palette_data[3] = {
    {0x0028, 0x1201, "OW"}, {0x0028, 0x1202, "OW"}, {0x0028, 0x1203, "OW"}};
inline constexpr DicomTag segmented_palette[3] = {
    {0x0028, 0x1221, "OW"}, {0x0028, 0x1222, "OW"}, {0x0028, 0x1223, "OW"}};
inline constexpr DicomTag modality_lut{0x0028, 0x3000, "SQ"};
inline constexpr DicomTag lut_descriptor{0x0028, 0x3002, "US"};
inline constexpr DicomTag lut_data{0x0028, 0x3006, "US"};
inline constexpr DicomTag pixel_measures{0x0028, 0x9110, "SQ"};
inline constexpr DicomTag pixel_value_transformation{0x0028, 0x9145, "SQ"};
inline constexpr DicomTag detector_information{0x0054, 0x0022, "SQ"};
inline constexpr DicomTag slice_vector{0x0054, 0x0080, "US"};
inline constexpr DicomTag segment_identification{0x0062, 0x000A, "SQ"};
inline constexpr DicomTag referenced_segment_number{0x0062, 0x000B, "US"};
inline constexpr DicomTag grid_frame_offset_vector{0x3004, 0x000C, "DS"};
inline constexpr DicomTag dose_units{0x3004, 0x0002, "CS"};
inline constexpr DicomTag dose_grid_scaling{0x3004, 0x000E, "DS"};
inline constexpr DicomTag shared_functional_groups{0x5200, 0x9229, "SQ"};
inline constexpr DicomTag per_frame_functional_groups{0x5200, 0x9230, "SQ"};
inline constexpr DicomTag extended_offset_table{0x7FE0, 0x0001, "OV"};
inline constexpr DicomTag float_pixel_data{0x7FE0, 0x0008, "OF"};
inline constexpr DicomTag double_pixel_data{0x7FE0, 0x0009, "OD"};
inline constexpr DicomTag pixel_data{0x7FE0, 0x0010, "OW"};

}  // namespace sg::io::tag
