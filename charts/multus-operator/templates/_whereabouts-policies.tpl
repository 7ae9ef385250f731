{{/* The policies for whereabouts: what its DaemonSet may be, and that the operator does not use what it holds for it. */}}
{{- define "multus-operator.whereaboutsPolicies" -}}
{{- $user := include "multus-operator.user" . -}}
# The DaemonSet of whereabouts, which is privileged too.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: multus-operator-whereabouts
  labels: {{- include "multus-operator.labels" . | nindent 4 }}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [daemonsets]
  matchConditions:
    - name: by-the-operator
      expression: request.userInfo.username == '{{ $user }}'
    - name: whereabouts
      expression: object.metadata.name == 'whereabouts'
    - name: pods-differ
      expression: request.operation == 'CREATE' || object.spec.template != oldObject.spec.template
  variables:
    - name: roots
      expression: >-
        {{- include "multus-operator.cniRoots" . | nindent 8 }}
    - name: pod
      expression: object.spec.template.spec
    - name: containers
      expression: variables.pod.containers + variables.pod.?initContainers.orValue([])
    {{- if .Values.multusImages }}
    - name: allowed
      expression: {{ include "multus-operator.celList" .Values.multusImages | quote }}
    {{- end }}
  validations:
    - expression: >-
        variables.pod.?serviceAccountName.orValue('') == 'whereabouts'
        && variables.pod.?serviceAccount.orValue('whereabouts') == 'whereabouts'
      message: the pods of whereabouts run with its account
    - expression: >-
        variables.pod.?volumes.orValue([]).all(v,
        has(v.configMap) && v.configMap.?name.orValue('') == 'whereabouts-config' && v.name == 'cron-scheduler-configmap'
        || has(v.hostPath) && v.name in ['cnibin', 'cni-net-dir'] && !v.hostPath.path.contains('..')
        && variables.roots.exists(r, v.hostPath.path == r || v.hostPath.path.startsWith(r + '/')))
      message: the pods of whereabouts mount its schedule and CNI's directories of the host
    - expression: >-
        !variables.pod.?hostPID.orValue(false) && !variables.pod.?hostIPC.orValue(false)
        && !variables.pod.?shareProcessNamespace.orValue(false)
      message: the pods of whereabouts are in none of the host's process and IPC namespaces
    - expression: >-
        variables.containers.size() == 1 && variables.containers.all(c, c.name == 'whereabouts'
        && c.?command.orValue([]) == ['/bin/sh']
        && c.?args.orValue([]) == ['-c',
        'SLEEP=false source /install-cni.sh\n/token-watcher.sh &\nexec /ip-control-loop -log-level debug\n']
        && c.?envFrom.orValue([]).size() == 0 && !has(c.lifecycle) && !has(c.livenessProbe) && !has(c.readinessProbe)
        && !has(c.startupProbe))
      message: the pods of whereabouts run its installer and its control loop
    - expression: >-
        variables.containers.all(c, c.?env.orValue([]).all(e,
        e.name in ['NODENAME', 'WHEREABOUTS_NAMESPACE'] && has(e.valueFrom) && has(e.valueFrom.fieldRef)
        || e.name in ['CNI_CONF_DIR', 'CNI_BIN_DIR'] && !has(e.valueFrom)
        && e.?value.orValue('').matches('^/host(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$')))
      message: the pods of whereabouts have its environment
    - expression: >-
        variables.containers.all(c, c.?volumeMounts.orValue([]).all(m, !has(m.subPath) && !has(m.subPathExpr)
        && (m.name == 'cron-scheduler-configmap' ? m.mountPath == '/cron-schedule'
        : m.mountPath.matches('^/host(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$'))))
      message: the pods of whereabouts mount directories of the host below /host
    {{- if .Values.multusImages }}
    - expression: variables.containers.map(c, c.image).all(i, {{ include "multus-operator.isAllowedImage" . }})
      message: "the image of whereabouts must be from a source in the chart's value multusImages: {{ join ", " .Values.multusImages }}"
    {{- end }}
---
{{ include "multus-operator.policyBinding" (dict "root" . "name" "multus-operator-whereabouts") }}
---
# What the operator holds only to grant it to whereabouts: it writes no pools, and no Lease but its own.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: multus-operator-held
  labels: {{- include "multus-operator.labels" . | nindent 4 }}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [coordination.k8s.io]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [leases]
      - apiGroups: [whereabouts.cni.cncf.io]
        apiVersions: ["*"]
        operations: [CREATE, UPDATE, DELETE]
        resources: [ippools, overlappingrangeipreservations]
  matchConditions:
    - name: by-the-operator
      expression: request.userInfo.username == '{{ $user }}'
  validations:
    - expression: >-
        request.resource.resource == 'leases' && request.namespace == '{{ .Release.Namespace }}'
        && dyn(object).metadata.name == 'multus-operator'
      message: the operator writes its own Lease, and nothing of what it holds for whereabouts
---
{{ include "multus-operator.policyBinding" (dict "root" . "name" "multus-operator-held") }}
{{- end }}
