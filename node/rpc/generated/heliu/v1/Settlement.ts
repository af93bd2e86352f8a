// Original file: proto/heliu/v1/settlement.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Ack as _heliu_v1_Ack, Ack__Output as _heliu_v1_Ack__Output } from '../../heliu/v1/Ack.ts';
import type { Message as _heliu_v1_Message, Message__Output as _heliu_v1_Message__Output } from '../../heliu/v1/Message.ts';
import type { Receipt as _heliu_v1_Receipt, Receipt__Output as _heliu_v1_Receipt__Output } from '../../heliu/v1/Receipt.ts';
import type { ReceiptsRequest as _heliu_v1_ReceiptsRequest, ReceiptsRequest__Output as _heliu_v1_ReceiptsRequest__Output } from '../../heliu/v1/ReceiptsRequest.ts';
import type { TreeNodeAnswer as _heliu_v1_TreeNodeAnswer, TreeNodeAnswer__Output as _heliu_v1_TreeNodeAnswer__Output } from '../../heliu/v1/TreeNodeAnswer.ts';
import type { TreeNodeRequest as _heliu_v1_TreeNodeRequest, TreeNodeRequest__Output as _heliu_v1_TreeNodeRequest__Output } from '../../heliu/v1/TreeNodeRequest.ts';

export interface SettlementClient extends grpc.Client {
  Budget(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Budget(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Budget(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Budget(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  budget(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  budget(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  budget(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  budget(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
  Declare(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Declare(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Declare(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Declare(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  declare(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  declare(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  declare(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  declare(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
  Net(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Net(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Net(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Net(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  net(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  net(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  net(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  net(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
  Propose(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Propose(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Propose(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Propose(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  propose(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  propose(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  propose(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  propose(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
  Receipts(argument: _heliu_v1_ReceiptsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_Receipt__Output>;
  Receipts(argument: _heliu_v1_ReceiptsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_Receipt__Output>;
  receipts(argument: _heliu_v1_ReceiptsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_Receipt__Output>;
  receipts(argument: _heliu_v1_ReceiptsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_heliu_v1_Receipt__Output>;
  
  Sign(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Sign(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Sign(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Sign(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  sign(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  sign(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  sign(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  sign(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
  TreeNode(argument: _heliu_v1_TreeNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  TreeNode(argument: _heliu_v1_TreeNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  TreeNode(argument: _heliu_v1_TreeNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  TreeNode(argument: _heliu_v1_TreeNodeRequest, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  treeNode(argument: _heliu_v1_TreeNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  treeNode(argument: _heliu_v1_TreeNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  treeNode(argument: _heliu_v1_TreeNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  treeNode(argument: _heliu_v1_TreeNodeRequest, callback: grpc.requestCallback<_heliu_v1_TreeNodeAnswer__Output>): grpc.ClientUnaryCall;
  
}

export interface SettlementHandlers extends grpc.UntypedServiceImplementation {
  Budget: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
  Declare: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
  Net: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
  Propose: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
  Receipts: grpc.handleServerStreamingCall<_heliu_v1_ReceiptsRequest__Output, _heliu_v1_Receipt>;
  
  Sign: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
  TreeNode: grpc.handleUnaryCall<_heliu_v1_TreeNodeRequest__Output, _heliu_v1_TreeNodeAnswer>;
  
}

export interface SettlementDefinition extends grpc.ServiceDefinition {
  Budget: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
  Declare: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
  Net: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
  Propose: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
  Receipts: MethodDefinition<_heliu_v1_ReceiptsRequest, _heliu_v1_Receipt, _heliu_v1_ReceiptsRequest__Output, _heliu_v1_Receipt__Output>
  Sign: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
  TreeNode: MethodDefinition<_heliu_v1_TreeNodeRequest, _heliu_v1_TreeNodeAnswer, _heliu_v1_TreeNodeRequest__Output, _heliu_v1_TreeNodeAnswer__Output>
}
