#pragma once
#include <map>
#include <string>
#include <vector>

#include "app/arguments.h"
#include "op/operation.h"

namespace sg::app {

/// `shaoguang workspace create|import|export|pipeline|list|runs|remove|check|clean|backup|restore …`.
void workspace_command(const std::vector<op::Operation>& operations, const Arguments& arguments);
/// NAME=VALUE of every --set.
std::map<std::string, std::string> variables_of(const PlainCommand& command);
/// `shaoguang serve --workspace DIR …`: the HTTP API and the web app until Ctrl-C.
void serve_command(const std::vector<op::Operation>& operations, const Arguments& arguments);
/// `shaoguang run-job ID --workspace DIR`: executes a queued run here; what the scheduler starts.
void run_job_command(const std::vector<op::Operation>& operations, const Arguments& arguments);
/// `shaoguang inspect ID … --workspace DIR`: finds out what imported files are; what the scheduler starts.
void inspect_command(const Arguments& arguments);
/// `shaoguang preview-worker`: answers questions that come by the socket that is its standard input; what the
/// server starts.
void preview_worker_command(const std::vector<op::Operation>& operations);

}  // namespace sg::app
